#!/usr/bin/env bash
# Checks the instructions of one iteration that each benchmark states, under QEMU with one time-stamp tick for each
# instruction: 3000 iterations more must take 3000 times that number of ticks more, to the instruction.
#   verify-counts.sh                      Debian 12: apt-get install qemu-system-x86 (7.2)
set -euo pipefail
cd "$(dirname "$0")/src/main/resources/org/thirdmode/guests/images"

ticks() { # image, iterations
    timeout 600 qemu-system-x86_64 -accel tcg -icount shift=0 -m 64 -display none -serial stdio \
        -device isa-debug-exit,iobase=0xf4,iosize=4 -kernel "$1" -append "ticks n=$2" |
        tr -d '\r' | sed -n 's/^ticks=//p; s/^n=[0-9]*, \([0-9]*\) .*/\1/p'
}

wrong=0
for image in bench-*.elf; do
    read -r -d '' stated short < <(ticks "$image" 5000; printf '\0') || true
    read -r -d '' stated long < <(ticks "$image" 8000; printf '\0') || true
    measured=$((long - short))
    verdict=ok
    [ $measured = $((3000 * stated)) ] || { verdict=WRONG; wrong=1; }
    printf '%-20s stated %4d, measured %d/3000 %s\n' "${image%.elf}" "$stated" "$measured" "$verdict"
done
exit $wrong

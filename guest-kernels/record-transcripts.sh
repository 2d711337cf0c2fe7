#!/usr/bin/env bash
# Records what each image prints under QEMU: the expectation of every test that boots the image elsewhere.
#   record-transcripts.sh [directory]     Debian 12: apt-get install qemu-system-x86 (7.2)
# QEMU's isa-debug-exit ends with (value << 1) | 1, so an image that is content with itself (value 0) ends QEMU with 1.
set -euo pipefail
cd "$(dirname "$0")/src/main/resources/org/thirdmode/guests"
out=${1:-transcripts}
mkdir -p "$out"
qemu=(timeout 300 qemu-system-x86_64 -accel tcg -m 64 -display none -serial stdio
      -device isa-debug-exit,iobase=0xf4,iosize=4)
for image in images/*; do
    name=$(basename "${image%.*}")
    status=0
    case $image in
    *.bin) "${qemu[@]}" -drive format=raw,file="$image",snapshot=on > "$out/$name.txt" || status=$? ;;
    *.elf) "${qemu[@]}" -kernel "$image" > "$out/$name.txt" || status=$? ;;
    esac
    [ $status = 1 ] || { echo "$name: QEMU ended with $status, expected 1"; tail -3 "$out/$name.txt"; exit 1; }
done

#!/usr/bin/env bash
# Records what each image prints under QEMU: the expectation of every test that boots the image elsewhere. A benchmark
# is recorded twice, with its own number of iterations and with n=1000; the mini-kernel once for each workload it lists.
# hello-vmx is left out: QEMU has no VMX of its own. Its transcript is what its source says.
#   record-transcripts.sh [directory]     Debian 12: apt-get install qemu-system-x86 (7.2)
# QEMU's isa-debug-exit ends with (value << 1) | 1, so an image that is content with itself (value 0) ends QEMU with 1.
set -euo pipefail
cd "$(dirname "$0")/src/main/resources/org/thirdmode/guests"
out=${1:-transcripts}
mkdir -p "$out"

disk=$(mktemp)
other=$(mktemp)
trap 'rm -f "$disk" "$other"' EXIT

expected=1
record() { # transcript, QEMU's options for the image
    local to=$1 status=0
    shift
    timeout 600 qemu-system-x86_64 -accel tcg -m 64 -display none -serial stdio \
        -device isa-debug-exit,iobase=0xf4,iosize=4 "$@" > "$out/$to.txt" || status=$?
    [ $status = $expected ] || { echo "$to: QEMU ended with $status, expected $expected"; tail -3 "$out/$to.txt"; exit 1; }
}

for image in images/*; do
    name=$(basename "${image%.*}")
    [ "$name" != hello-vmx ] || continue
    case $image in
    *.bin) record "$name" -drive format=raw,file="$image",snapshot=on ;;
    */hello-svm.elf) record "$name" -kernel "$image" -cpu qemu64,+svm,+npt ;;
    *.elf) record "$name" -kernel "$image" ;;
    esac
    case $name in
    hello-disks)
        truncate -s 1M "$disk" && truncate -s 2M "$other"
        record "$name.disks" -kernel "$image" -drive format=raw,file="$disk",if=ide \
            -drive format=raw,file="$other",if=none,id=other -device virtio-blk-pci,drive=other,disable-modern=on
        ;;
    bench-*) record "$name.n=1000" -kernel "$image" -append n=1000 ;;
    mini*)
        for workload in $(sed -n 's/^\(workload=[a-z]*\).*/\1/p' "$out/$name.txt"); do
            # There is no disk here: the kernel says so and ends with 3.
            case $workload in workload=disk) expected=7 ;; *) expected=1 ;; esac
            record "$name.$workload" -kernel "$image" -append "$workload"
        done
        expected=1
        truncate -s 0 "$disk" && truncate -s 1M "$disk"
        record "$name.workload=disk.disk" -kernel "$image" -append workload=disk -drive format=raw,file="$disk",if=ide
        ;;
    esac
done

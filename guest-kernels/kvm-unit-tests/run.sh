#!/usr/bin/env bash
# Runs kvm-unit-tests, built by you, on the bare machine, in a virtual machine of ours or on QEMU, and counts what each
# test says. See README.md.
#   run.sh [--on thirdmode|qemu] [--virt vmx|svm] [--mmu naive|cached|unsync|nested] [--only REGEX] [--logs DIR]
#          [--patience N] [--x86_64 DIR] [--i386 DIR] [-- launcher options]
# With --virt or --mmu a test is the guest of a virtual machine. --patience allows each test N times its seconds.
# One line a test: name, build, PASS, FAIL and SKIP lines, how it ended, seconds; on the bare machine also what tests.tsv
# expected where that is something else. Status 1 where it is; of a test without an expectation, and elsewhere, where a
# line is FAIL or the test did not end well.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
on=thirdmode virt='' mmu='' patience=1 only=. logs='' dir64='' dir32=''
launcher=${THIRDMODE:-$here/../../thirdmode}

usage() { sed -n '2,6s/^# //p' "$0" >&2; exit 2; }
while [ $# -gt 0 ]; do
    case $1 in
    --on) on=${2:-}; shift 2 || usage ;;
    --virt) virt=${2:-}; shift 2 || usage ;;
    --mmu) mmu=${2:-}; shift 2 || usage ;;
    --patience) patience=${2:-}; shift 2 || usage ;;
    --only) only=${2:-}; shift 2 || usage ;;
    --logs) logs=${2:-}; shift 2 || usage ;;
    --x86_64) dir64=${2:-}; shift 2 || usage ;;
    --i386) dir32=${2:-}; shift 2 || usage ;;
    --) shift; break ;;
    *) echo "run.sh: unknown option $1" >&2; usage ;;
    esac
done
platform='--on bare'
[ -z "$virt$mmu" ] || platform="--on kvm ${virt:+--virt $virt} ${mmu:+--mmu $mmu}"
case $on in thirdmode | qemu) ;; *) echo "run.sh: --on $on: thirdmode or qemu" >&2; exit 2 ;; esac
[ -n "$dir64$dir32" ] || { echo "run.sh: give the directory of a build, --x86_64 DIR or --i386 DIR" >&2; exit 2; }
# Builds what has to be built, so that no test's time is spent on it.
[ $on != thirdmode ] || "$launcher" --version > /dev/null || exit
[ -n "$logs" ] || logs=$(mktemp -d)
mkdir -p "$logs"

run() { # image, command line, module, memory, seconds, million instructions, options for thirdmode, for QEMU; then the user's
    local image=$1 append=$2 module=$3 memory=$4 seconds=$(($5 * patience)) budget=$6 ours=$7 qemu=$8
    shift 8
    # shellcheck disable=SC2086
    case $on in
    thirdmode)
        timeout -k 5 "$seconds" "$launcher" run $platform --memory "${memory}M" --max-instructions "${budget}000000" \
            ${append:+--append "$append"} ${module:+--module "$module"} $ours "$@" "$image" ;;
    qemu)
        timeout -k 5 "$seconds" qemu-system-x86_64 -nodefaults --no-reboot -machine accel=tcg -m "$memory" -display none \
            -serial stdio -device pc-testdev -device isa-debug-exit,iobase=0xf4,iosize=4 -device pci-testdev $qemu \
            ${append:+-append "$append"} ${module:+-initrd "$module"} "$@" -kernel "$image" ;;
    esac < /dev/null
}

# The status a test means: its own is 0 or 1; QEMU turns the value v into 2v + 1.
ended() {
    case $on,$1 in
    *,124 | *,137) [ "$on" = thirdmode ] && echo "stopped" || echo "timeout" ;;
    thirdmode,0 | qemu,1) echo "ok" ;;
    thirdmode,1 | qemu,3) echo "failed" ;;
    thirdmode,38 | qemu,77) echo "skipped" ;;
    thirdmode,63 | qemu,127) echo "aborted" ;;
    thirdmode,125) echo "triple fault" ;;
    thirdmode,126) echo "model bug" ;;
    qemu,0) echo "reset" ;;
    *) echo "status $1" ;;
    esac
}

wrong=0
printf '%-26s %-7s %9s %6s %6s  %-13s %s\n' test build PASS FAIL SKIP ended seconds
while IFS=$'\t' read -r name build image append environment memory seconds budget expected ours qemu; do
    case $name in '#'* | '') continue ;; esac
    [[ $build/$name =~ $only ]] || continue
    [ "$append" != - ] || append=
    [ "$ours" != - ] || ours=
    [ "$qemu" != - ] || qemu=
    module=
    if [ "$environment" != - ]; then
        module=$logs/environment
        printf '%s\n' "$environment" > "$module"
    fi
    dir=$dir64
    [ "$build" = x86_64 ] || dir=$dir32
    file=$dir/x86/$image.flat
    [ -f "$file" ] || file=$dir/$image.flat
    [ -n "$dir" ] && [ -f "$file" ] || continue
    log=$logs/$build-$name.log
    start=$EPOCHREALTIME
    run "$file" "$append" "$module" "$memory" "$seconds" "$budget" "$ours" "$qemu" "$@" > "$log" 2> "$log.err"
    status=$?
    took=$(awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }')
    pass=$(grep -a -c '^PASS' "$log")
    fail=$(grep -a -c '^FAIL' "$log")
    skip=$(grep -a -c '^SKIP' "$log")
    how=$(ended $status)
    counts=$pass/$fail/$skip
    case $how in ok | skipped) ;; *) counts="$counts $how" ;; esac
    note=
    if [ "$on$virt$mmu" = thirdmode ] && [ "$expected" != - ]; then
        [ "$counts" = "$expected" ] || { wrong=1 note=" expected $expected"; }
    else
        [ "$fail" = 0 ] && { [ "$how" = ok ] || [ "$how" = skipped ]; } || wrong=1
    fi
    printf '%-26s %-7s %9d %6d %6d  %-13s %s%s\n' "$name" "$build" "$pass" "$fail" "$skip" "$how" "$took" "$note"
done < "$here/tests.tsv"
exit $wrong

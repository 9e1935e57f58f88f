#!/bin/sh
# Builds the shared library and the C tests, and runs each test under valgrind: no error, no lost memory.
#
#     tests/c/run.sh [test ...]        e.g. tests/c/run.sh crud
#
# Those of tests/failpoints get a library of their own, in which the engine can be made to panic (src/failpoint.rs).
#
# PROFILE=release tests an optimised library; CC chooses the compiler; VALGRIND= (empty) runs without valgrind.
set -eu
cd "$(dirname "$0")/../.."

profile=${PROFILE:-debug}
cc=${CC:-cc}
export RUST_BACKTRACE=0 # panics that are provoked need none
valgrind=${VALGRIND-valgrind --quiet --fair-sched=yes --leak-check=full --error-exitcode=99 --errors-for-leak-kinds=definite,possible}
target=${CARGO_TARGET_DIR:-target}

case $profile in
    release) cargo build --quiet --release --lib ;;
    debug) cargo build --quiet --lib ;;
    *) echo "PROFILE is debug or release, not $profile" >&2; exit 2 ;;
esac
if [ -n "$valgrind" ] && ! command -v "${valgrind%% *}" >/dev/null; then
    echo "valgrind is not installed: memory is not checked"
    valgrind=
fi

build=$target/c-tests-$profile
mkdir -p "$build"
build=$(cd "$build" && pwd)
cp "$target/$profile/libironbase.so" "$build/libironbase.so.0"

failpoints=$build/failpoints
with_failpoints() {
    [ ! -f "$failpoints/libironbase.so.0" ] || return 0
    cargo rustc --quiet --profile failpoints --features failpoints --lib --crate-type=cdylib
    mkdir -p "$failpoints"
    cp "$target/failpoints/libironbase.so" "$failpoints/libironbase.so.0"
}
rm -rf "$failpoints"

[ $# -gt 0 ] || set -- $(ls tests/c/*.c tests/failpoints/*.c | sed 's,.*/,,; s,\.c$,,')
failed=0
for name in "$@"; do
    source=tests/c/$name.c library=$build
    if [ -f "tests/failpoints/$name.c" ]; then
        source=tests/failpoints/$name.c library=$failpoints
        with_failpoints
    fi
    "$cc" -std=c99 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Wpedantic -Werror -g -O1 -pthread -I include \
        "-DBEHAVIOUR_DIR=\"$PWD/tests/behaviour\"" "-DIRONBASE_LIBRARY=\"$build/libironbase.so.0\"" "$source" -o "$build/$name" \
        -Wl,--as-needed "$library/libironbase.so.0" "-Wl,-rpath,$library" -ldl
    work=$(mktemp -d)
    # Each test runs in a directory of its own and may leave there what it likes.
    if (cd "$work" && $valgrind "$build/$name"); then
        echo "ok      $name ($profile${valgrind:+, valgrind})"
    else
        echo "FAILED  $name ($profile${valgrind:+, valgrind})"
        failed=1
    fi
    chmod -R u+w "$work" && rm -rf "$work"
done
exit $failed

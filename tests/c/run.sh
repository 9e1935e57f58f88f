#!/bin/sh
# Builds the shared library and the C tests, and runs each test under valgrind: no error, no lost memory.
#
#     tests/c/run.sh [test ...]        e.g. tests/c/run.sh crud
#
# PROFILE=release tests an optimised library; CC chooses the compiler; VALGRIND= (empty) runs without valgrind.
set -eu
cd "$(dirname "$0")/../.."

profile=${PROFILE:-debug}
cc=${CC:-cc}
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

[ $# -gt 0 ] || set -- $(cd tests/c && ls ./*.c | sed 's,^\./,,; s,\.c$,,')
failed=0
for name in "$@"; do
    "$cc" -std=c99 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Wpedantic -Werror -g -O1 -pthread -I include \
        "-DBEHAVIOUR_DIR=\"$PWD/tests/behaviour\"" "-DIRONBASE_LIBRARY=\"$build/libironbase.so.0\"" "tests/c/$name.c" -o "$build/$name" \
        -Wl,--as-needed "$build/libironbase.so.0" "-Wl,-rpath,$build" -ldl
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

#!/bin/sh
# The C and C++ tests and the examples under AddressSanitizer, with the library instrumented too: sanitize.sh [file ...]
#
# An uninstrumented library hides what happens inside: a read of freed memory there is seen by nobody. Instrumenting Rust takes
# a nightly toolchain; without one this says so and is no failure.
set -eu
cd "$(dirname "$0")/.."

if ! cargo +nightly --version >/dev/null 2>&1; then
    echo "sanitize: skipped, no nightly toolchain; to get it: rustup toolchain install nightly"
    exit 0
fi
if ! echo 'int main(void) { return 0; }' | cc -fsanitize=address -x c - -o /dev/null 2>/dev/null; then
    echo "sanitize: skipped, ${CC:-cc} has no AddressSanitizer"
    exit 0
fi

host=$(rustc -vV | sed -n 's/^host: //p')
target=${CARGO_TARGET_DIR:-target}/sanitize
# A target that is named keeps the flags from build scripts.
RUSTFLAGS="-Zsanitizer=address -Cforce-frame-pointers=yes" CARGO_PROFILE_DEV_DEBUG=line-tables-only \
    cargo +nightly rustc --quiet --lib --crate-type=cdylib --target "$host" --target-dir "$target"
build=$target/tests
mkdir -p "$build"
build=$(cd "$build" && pwd)
cp "$target/$host/debug/libironbase.so" "$build/libironbase.so.0"

# The quickstart's point is to be killed.
[ $# -gt 0 ] || set -- tests/c/*.c tests/cpp/*.cpp bindings/cpp/*.cpp $(ls examples-c/*.c | grep -v quickstart)
export ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1:abort_on_error=0
failed=0
for test in "$@"; do
    name=$(echo "$test" | tr '/.' '--')
    case $test in
    */returning.cpp) compiler="c++ -std=c++17 -fno-exceptions" ;;
    *.cpp) compiler="c++ -std=c++17" ;;
    *) compiler="cc -std=c99 -D_POSIX_C_SOURCE=200809L" ;;
    esac
    if grep -q nlohmann/json.hpp "$test" && [ ! -f /usr/include/nlohmann/json.hpp ]; then
        echo "skipped $test: nlohmann/json.hpp is not installed"
        continue
    fi
    # shellcheck disable=SC2086  # the compiler has flags
    $compiler -fsanitize=address -g -O1 -pthread -I include "-DBEHAVIOUR_DIR=\"$PWD/tests/behaviour\"" \
        "-DIRONBASE_LIBRARY=\"$build/libironbase.so.0\"" "$test" -o "$build/$name" \
        -Wl,--as-needed "$build/libironbase.so.0" "-Wl,-rpath,$build" -ldl
    argument=""
    [ "$test" != examples-c/bulk_import.c ] || argument=$PWD/examples-c/data/cities.jsonl
    work=$(mktemp -d)
    if (cd "$work" && "$build/$name" ${argument:+"$argument"}); then
        echo "ok      $test (AddressSanitizer)"
    else
        echo "FAILED  $test (AddressSanitizer)"
        failed=1
    fi
    chmod -R u+w "$work" && rm -rf "$work"
done
exit $failed

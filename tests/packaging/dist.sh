#!/bin/sh
# Packs a release, unpacks it in an empty directory, and builds and runs its quickstarts there: dist.sh BUILD VERSION
#
# Each bindings/LANGUAGE/try-dist.sh is called as `try-dist.sh DIRECTORY-OF-RELEASES EMPTY-DIRECTORY` to do the same with its own.
set -eu
build=$1 version=$2
source=$(cd "$(dirname "$0")/../.." && pwd)
outside=$build/package/dist
rm -rf "$outside"
mkdir -p "$outside/releases" "$outside/here"
fail() { echo "dist: $*" >&2; exit 1; }

"$source/scripts/dist.sh" "$build" "$outside/releases"
rm -rf "$outside"/releases/ironbase-*/ # the archive alone must do
cd "$outside/here"
tar -xzf "$outside"/releases/ironbase-"$version"-*.tar.gz
root=$(echo "$PWD"/ironbase-"$version"-*)

shared=$(find "$root" -name 'libironbase.so.*.*.*')
static=$(find "$root" -name libironbase.a)
shared_bytes=$(stat -c %s "$shared") static_bytes=$(stat -c %s "$static")
echo "stripped: $shared_bytes bytes shared, $static_bytes static"
[ "$shared_bytes" -lt 6000000 ] || fail "the shared library has $shared_bytes bytes, more than 6 MB"
[ "$static_bytes" -lt 12000000 ] || fail "the static library has $static_bytes bytes, more than 12 MB"
others=$(nm --extern-only --defined-only --format=posix "$static" | cut -d' ' -f1 | grep -v -e '^ironbase_' -e ':$' -e '^$') || true
[ -z "$others" ] || fail "the static library gives a program more than its functions: $others"
readelf -S "$shared" | grep -q '\.debug_info' && fail "the shared library is not stripped"
for file in LICENSE THIRD-PARTY-LICENCES.txt README.md; do
    [ -s "$root/share/doc/ironbase/$file" ] || fail "$file is missing"
done
# Each crate's text, not only its name.
[ "$(grep -c '^====' "$root/share/doc/ironbase/THIRD-PARTY-LICENCES.txt")" -gt 20 ] || fail "licences are missing"
grep -q 'Permission is hereby granted' "$root/share/doc/ironbase/THIRD-PARTY-LICENCES.txt" || fail "the licences have no text"

PKG_CONFIG_PATH=$(dirname "$(find "$root" -name ironbase.pc)")
export PKG_CONFIG_PATH
examples=$root/share/doc/ironbase/examples
libraries=$(pkg-config --variable=libdir ironbase)
# shellcheck disable=SC2046  # the flags are words
cc "$examples/hello.c" -o hello $(pkg-config --cflags --libs ironbase) "-Wl,-rpath,$libraries"
# shellcheck disable=SC2046
c++ -std=c++17 "$examples/quickstart.cpp" -o quickstart $(pkg-config --static --cflags --libs ironbase | sed 's/-lironbase/-l:libironbase.a/')
./hello | grep -q '"name":"Ada"' || fail "hello.c does not find what it wrote"
[ "$(./quickstart)" = '{"name":"Ada","age":36}' ] || fail "quickstart.cpp does not find what it wrote"

for try in "$source"/bindings/*/try-dist.sh; do
    if [ -x "$try" ]; then
        mkdir -p "$outside/$(basename "$(dirname "$try")")"
        "$try" "$outside/releases" "$outside/$(basename "$(dirname "$try")")"
    fi
done

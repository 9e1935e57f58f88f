#!/bin/sh
# Packs a release for this platform from a CMake build: dist.sh BUILD [DIRECTORY]
#
# ironbase-VERSION-SYSTEM-PROCESSOR.tar.gz: both libraries (stripped), headers, CMake package, pkg-config file, licences, a
# program to begin with. Then every bindings/LANGUAGE/dist.sh is called as `dist.sh PREFIX DIRECTORY`, to pack its
# language's release from the same libraries: PREFIX holds what the archive holds, DIRECTORY is where releases go.
set -eu
cd "$(dirname "$0")/.."
build=$1
mkdir -p "${2:-dist}"
dist=$(cd "${2:-dist}" && pwd)

version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
name=ironbase-$version-$(uname -s | tr '[:upper:]' '[:lower:]')-$(uname -m)
prefix=$dist/$name
rm -rf "$prefix" "$prefix.tar.gz"
cmake --install "$build" --prefix "$prefix" >/dev/null

# Without the names of local symbols and lines: a third is left, and what programs link with stays.
find "$prefix" -name 'libironbase.so.*.*.*' -exec strip --strip-unneeded {} +

# The static library becomes one object in which only the functions of the header are to be seen: it is smaller, and does not
# clash with other libraries that bring Rust's own functions. The linker still leaves out what a program does not use.
object=$dist/ironbase.o
static=$(find "$prefix" -name libironbase.a)
echo 'SECTIONS { .gcc_except_table : { *(.gcc_except_table .gcc_except_table.*) } }' >"$object.ld"
ld -r --whole-archive "$static" -T "$object.ld" -o "$object"
objcopy --wildcard --keep-global-symbol='ironbase_*' --strip-unneeded \
    -R .llvmbc -R .llvmcmd -R .comment "$object"
rm "$static"
ar rcs "$static" "$object"
rm "$object" "$object.ld"

doc=$prefix/share/doc/ironbase
mkdir -p "$doc/examples"
cp LICENSE README.md CHANGELOG.md docs/c-api.md "$doc"
cp examples-c/hello.c bindings/cpp/quickstart.cpp "$doc/examples"
scripts/licences.sh >"$doc/THIRD-PARTY-LICENCES.txt"

tar -C "$dist" --sort=name --owner=0 --group=0 --numeric-owner -czf "$prefix.tar.gz" "$name"
echo "packed $prefix.tar.gz: $(stat -c %s "$prefix.tar.gz") bytes"

for packer in bindings/*/dist.sh; do
    if [ -x "$packer" ]; then
        "$packer" "$prefix" "$dist"
    fi
done

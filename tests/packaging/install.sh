#!/bin/sh
# Installs a build into BUILD/package/prefix and checks what is there: install.sh BUILD
#
# The tree is then moved, since a package that only works where it was installed is half a package.
set -eu
build=$1
package=$build/package
rm -rf "$package"
cmake --install "$build" --prefix "$package/first" >/dev/null
mv "$package/first" "$package/prefix"

library=$(find "$package/prefix" -name 'libironbase.so.*.*.*')
libraries=$(dirname "$library")
fail() { echo "install: $*" >&2; exit 1; }

for header in ironbase.h ironbase.hpp; do
    [ -f "$package/prefix/include/$header" ] || fail "$header is missing"
done
[ -f "$libraries/libironbase.a" ] || fail "libironbase.a is missing"
[ -L "$libraries/libironbase.so" ] || fail "libironbase.so is not a link"
soname=$(readelf -d "$library" | sed -n 's/.*(SONAME).*\[\(.*\)\]/\1/p')
[ -n "$soname" ] || fail "$library has no SONAME"
[ -L "$libraries/$soname" ] || fail "no link of the SONAME's name, $soname"
echo "installed: SONAME $soname, $(stat -Lc %s "$library") bytes shared, $(stat -c %s "$libraries/libironbase.a") static"

#!/bin/sh
# Writes the ABI that the header declares: dump.sh DIRECTORY
#
# The library is Rust, whose debug information says little of C. So the header's functions are given empty bodies and compiled;
# what libabigail reads there is what a C program sees. That the library exports exactly these functions is
# another test (tests/capi_header.rs).
set -eu
cd "$(dirname "$0")/../.."
out=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Handles have no definition in C. A declaration is what stands between a type and its `);`.
{
    echo '#include <ironbase.h>'
    sed -n '/^extern "C" {/,$p' include/ironbase.h |
        awk '/^[a-z].*ironbase_[a-z0-9_]+\(/ && !/^typedef/ { on = 1 } on { print } /\);$/ { on = 0 }' |
        sed 's/);$/) { __builtin_trap(); }/'
} >"$work/abi.c"
cc -std=c11 -g -O0 -shared -fPIC -Wno-return-type -I include "$work/abi.c" -o "$work/libironbase.so" -Wl,-soname,libironbase.so
# Places on this machine do not belong to the ABI.
abidw --no-corpus-path --no-comp-dir-path --no-show-locs "$work/libironbase.so" |
    sed "s,$work/,," >"$out/ironbase.abi"
cc -std=c11 -dM -E -I include include/ironbase.h | sed -n 's/^#define \(IRONBASE_[A-Z0-9_]* .*\)/\1/p' |
    grep -v '^IRONBASE_VERSION_\|^IRONBASE_H ' | sort >"$out/constants.txt"

#!/bin/sh
# Compares the header with the ABI that was kept (ironbase.abi, constants.txt beside this file): what is there must stay.
#
# What is new may come. A break is either mended, or meant: then IRONBASE_ABI_VERSION is raised (src/capi/library.rs, cbindgen.toml,
# build.rs) and `make abi` keeps the new state, in the same commit. `make abi` also keeps what was added.
set -eu
cd "$(dirname "$0")"
new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT
./dump.sh "$new"

if ! abidiff --no-added-syms ironbase.abi "$new/ironbase.abi"; then
    echo "the header's functions are not what tests/abi/ironbase.abi says" >&2
    exit 1
fi
gone=$(comm -23 constants.txt "$new/constants.txt")
if [ -n "$gone" ]; then
    echo "constants of tests/abi/constants.txt are gone or have other values:" >&2
    echo "$gone" >&2
    exit 1
fi
added=$(abidiff ironbase.abi "$new/ironbase.abi" | sed -n 's/^ *\[A\]//p') || true
[ -z "$added" ] || echo "added since it was kept (make abi): $added"
echo "the ABI is as it was kept"

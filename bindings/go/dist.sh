#!/bin/sh
# Packs the Go module with its static library folder filled: dist.sh PREFIX DIRECTORY
#
# PREFIX is an installed tree, of which the library and its header are taken; the packed module goes into
# DIRECTORY.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
prefix=$1 directory=$2
version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$here/../../Cargo.toml" | head -n 1)
name=ironbase-go-$version-linux-$(uname -m)
rm -rf "${directory:?}/$name"
mkdir -p "$directory/$name"
(cd "$here" && git ls-files --cached --others --exclude-standard -z -- . ':!bench' | xargs -0 cp --parents -t "$directory/$name")
"$here/scripts/fill-static.sh" "$(find "$prefix" -name libironbase.a | head -n 1)" "$directory/$name"
find "$prefix" -name THIRD-PARTY-LICENCES.txt -exec cp {} "$directory/$name/lib/" \;
tar -C "$directory" --sort=name --owner=0 --group=0 --numeric-owner -czf "$directory/$name.tar.gz" "$name"
rm -rf "${directory:?}/$name"
echo "packed $directory/$name.tar.gz: $(stat -c %s "$directory/$name.tar.gz") bytes"

#!/bin/sh
# Writes the licences of everything that the library is built from: one part for each crate.
set -eu
cd "$(dirname "$0")/.."
registry=${CARGO_HOME:-$HOME/.cargo}/registry/src

echo "IronBase contains the following crates."
cargo tree --prefix none --edges normal --no-dedupe --format '{p}|{l}' | sort -u |
    sed -n 's/^\([^ ]*\) v\([^ |]*\)[^|]*|\(.*\)$/\1 \2 \3/p' | while read -r crate crate_version licence; do
    [ "$crate" != ironbase ] || continue
    printf '\n==== %s %s: %s\n' "$crate" "$crate_version" "$licence"
    find "$registry" -path "*/$crate-$crate_version/*" -maxdepth 3 -type f \
        \( -iname 'licen[cs]e*' -o -iname 'copying*' -o -iname 'unlicense*' \) | sort | while read -r file; do
        printf '\n'
        cat "$file"
    done
done

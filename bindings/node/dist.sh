#!/bin/sh
# Packs the npm packages of a release: dist.sh PREFIX DIRECTORY, called by scripts/dist.sh.
set -eu
if ! command -v npm >/dev/null 2>&1; then
    echo "npm is not installed: the npm packages are left out"
    exit 0
fi
"$(dirname "$0")/scripts/pack.sh" "$(find "$1" -name 'libironbase.so.*.*.*')" "$2"

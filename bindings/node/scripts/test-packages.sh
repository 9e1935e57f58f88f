#!/usr/bin/env bash
# Installs the packages into an empty folder and runs there what README.md begins with: test-packages.sh LIBRARY
set -euo pipefail
library=$(realpath "${1:?the library}")
here=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset IRONBASE_LIBRARY

"$here/scripts/pack.sh" "$library" "$work/packages"
mkdir "$work/app"
cd "$work/app"
echo '{"private": true}' >package.json
npm install --ignore-scripts --no-audit --no-fund --prefer-offline "$work"/packages/*.tgz >npm.log 2>&1 || { cat npm.log; exit 1; }
awk '/^```/ { n++; next } n == 1' "$here/README.md" >first.mjs
printed=$(node first.mjs)
[ "$printed" = Ada ] || { echo "README.md's first lines printed: $printed"; exit 1; }
[ -d app.mlite ] || { echo "there is no database"; exit 1; }
echo "$(ls "$work/packages" | tr '\n' ' ')installed in an empty folder: ok"

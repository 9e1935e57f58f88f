#!/usr/bin/env bash
# Makes the npm packages: pack.sh LIBRARY DIRECTORY
#
# Two tarballs come to lie in the directory: ironbase, plain JavaScript, and this platform's package with the library,
# which ironbase names as an optional dependency. Neither has an install script.
set -euo pipefail
[ $# = 2 ] || { sed -n '2,5s/^# \{0,1\}//p' "$0"; exit 2; }
mkdir -p "$2"
library=$(realpath "$1") out=$(realpath "$2")
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# the names are lib/locate.js's, whose own way to find them is asked here
platform=$(node -p "require('./lib/locate').packageName()")
version=$(node -p "require('./package.json').version")

mkdir "$work/ironbase" "$work/platform"
cp -r index.js index.mjs index.d.ts index.d.mts lib README.md ../../LICENSE "$work/ironbase"
cp "$library" "$work/platform/libironbase.so"
cp ../../LICENSE "$work/platform"
if command -v strip >/dev/null 2>&1; then strip "$work/platform/libironbase.so"; fi

node - "$work" "$platform" "$version" <<'NODE'
const fs = require('node:fs');
const [work, platform, version] = process.argv.slice(2);
const write = (name, content) => fs.writeFileSync(`${work}/${name}/package.json`, `${JSON.stringify(content, null, 2)}\n`);
const { devDependencies, scripts, ...main } = require(`${process.cwd()}/package.json`);
write('ironbase', { ...main, optionalDependencies: { [platform]: version } });
write('platform', {
  name: platform,
  version,
  description: `The library of IronBase for ${process.platform} ${process.arch}`,
  license: main.license,
  os: [process.platform],
  cpu: [process.arch],
  libc: ['glibc'],
  files: ['libironbase.so'],
});
NODE

for package in ironbase platform; do
    (cd "$work/$package" && npm pack --silent --pack-destination "$out")
done

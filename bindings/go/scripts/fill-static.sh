#!/bin/sh
# Fills a copy of the module's folder lib with the static library and the header, for the build tag
# ironbase_static: fill-static.sh [LIBRARY [MODULE]]
#
# LIBRARY is a libironbase.a, by default that of `make library`; MODULE the folder to fill, by default
# the module that this script is in. The module that is released has the folder filled, since Go's
# modules are sources only.
set -eu
module=$(cd "$(dirname "$0")/.." && pwd)
repository=$(cd "$module/../.." && pwd)
library=${1:-${CARGO_TARGET_DIR:-$repository/target}/release/libironbase.a}
module=${2:-$module}

[ -f "$library" ] || { echo "fill-static: there is no $library; build it with: make library" >&2; exit 1; }
case $(uname -s)-$(uname -m) in
Linux-x86_64) platform=linux_amd64 ;;
Linux-aarch64) platform=linux_arm64 ;;
*) echo "fill-static: IronBase does not know the platform $(uname -s)-$(uname -m)" >&2; exit 1 ;;
esac
mkdir -p "$module/lib/$platform" "$module/lib/include"
cp "$library" "$module/lib/$platform/libironbase.a.new"
# Debugging symbols are most of it and serve nobody who links it.
strip --strip-debug "$module/lib/$platform/libironbase.a.new"
mv "$module/lib/$platform/libironbase.a.new" "$module/lib/$platform/libironbase.a"
cp "$repository/include/ironbase.h" "$module/lib/include/"
cp "$repository/LICENSE" "$module/lib/"
echo "fill-static: $module/lib/$platform/libironbase.a, $(stat -c %s "$module/lib/$platform/libironbase.a") bytes"

#!/bin/sh
# Builds and runs the outside CMake project: build-and-run.sh BUILD shared|static VERSION
set -eu
build=$1 linkage=$2 version=$3
here=$(cd "$(dirname "$0")" && pwd)
outside=$build/package/find_package-$linkage
case $linkage in
shared) target=ironbase::ironbase ;;
static) target=ironbase::static ;;
esac
rm -rf "$outside"
cmake -S "$here" -B "$outside" -DCMAKE_PREFIX_PATH="$build/package/prefix" \
    -DIRONBASE_TARGET="$target" -DIRONBASE_WANTED="$version" >/dev/null
cmake --build "$outside" >/dev/null
cd "$outside"
./app "$version"

#!/bin/sh
# Builds and runs the outside program with pkg-config's flags: build-and-run.sh BUILD shared|static VERSION
set -eu
build=$1 linkage=$2 version=$3
here=$(cd "$(dirname "$0")" && pwd)
outside=$build/package/pkg_config-$linkage
pc=$(find "$build/package/prefix" -name ironbase.pc)
PKG_CONFIG_PATH=$(dirname "$pc")
export PKG_CONFIG_PATH
rm -rf "$outside"
mkdir -p "$outside"

libraries=$(pkg-config --variable=libdir ironbase)
[ "$(pkg-config --modversion ironbase)" = "$version" ] || { echo "ironbase.pc is not of $version" >&2; exit 1; }
if [ "$linkage" = static ]; then
    # -l: names the archive itself, so that the shared library beside it is not taken.
    flags=$(pkg-config --static --cflags --libs ironbase | sed 's/-lironbase/-l:libironbase.a/')
else
    flags="$(pkg-config --cflags --libs ironbase) -Wl,-rpath,$libraries"
fi
# shellcheck disable=SC2086  # the flags are words
${CC:-cc} -Wall -Wextra -Werror "$here/../app.c" -o "$outside/app" $flags
cd "$outside"
./app "$version"

#!/bin/sh
# Runs a command in a directory made anew: in-empty-dir.sh DIRECTORY COMMAND [ARGUMENT...]
set -eu
directory=$1
shift
rm -rf "$directory"
mkdir -p "$directory"
cd "$directory"
exec "$@"

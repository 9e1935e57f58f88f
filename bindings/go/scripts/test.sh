#!/bin/sh
# Checks and tests the Go wrapper with a library that is built already: test.sh LIBRARY_FOLDER WORK_FOLDER
#
# LIBRARY_FOLDER has libironbase.so and libironbase.a; what is made goes into WORK_FOLDER.
set -eu
module=$(cd "$(dirname "$0")/.." && pwd)
repository=$(cd "$module/../.." && pwd)
library=$(cd "$1" && pwd)
mkdir -p "$2"
work=$(cd "$2" && pwd)

# What `cmake --install` would say to pkg-config, of a library that is not installed.
cat >"$work/ironbase.pc" <<END
Name: ironbase
Description: IronBase, as it was built
Version: 0
Cflags: -I$repository/include
Libs: -L$library -lironbase
END
export PKG_CONFIG_PATH="$work" LD_LIBRARY_PATH="$library"
cd "$module"

unformatted=$(gofmt -l .)
[ -z "$unformatted" ] || { echo "not as gofmt writes it:"; echo "$unformatted"; exit 1; }
go vet ./...
# cgocheck2 finds Go pointers that get into C's memory. Built once with both checks.
GOEXPERIMENT=cgocheck2 go test -race -count=1 -v ./...
"$module/scripts/test-static.sh" "$library/libironbase.a" "$work/static"

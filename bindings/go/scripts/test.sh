#!/bin/sh
# Checks and tests the Go wrapper with a library that is built already: test.sh LIBRARY_FOLDER WORK_FOLDER [FAILPOINTS_FOLDER]
#
# LIBRARY_FOLDER has libironbase.so and libironbase.a; what is made goes into WORK_FOLDER. FAILPOINTS_FOLDER has the library in which the
# engine can be made to panic; without it those tests only look that the other one cannot.
set -eu
module=$(cd "$(dirname "$0")/.." && pwd)
repository=$(cd "$module/../.." && pwd)
library=$(cd "$1" && pwd)
mkdir -p "$2"
work=$(cd "$2" && pwd)
failpoints=${3:+$(cd "$3" && pwd)}

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
if [ -n "$failpoints" ]; then
    IRONBASE_FAILPOINTS=1 LD_LIBRARY_PATH="$failpoints" go test -count=1 -v -run '^TestAPanic' .
else
    echo "no library with fail points was named: the engine is not made to panic"
fi
"$module/scripts/test-static.sh" "$library/libironbase.a" "$work/static"

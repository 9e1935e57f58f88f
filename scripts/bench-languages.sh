#!/bin/sh
# The same calls from C, C++, Go and Node.js, each beside SQLite called from the same language: bench-languages.sh [LIBRARY_DIRECTORY]
#
# The library is a release build (make library). What a language needs and is not there is named, and that language left out.
set -eu
cd "$(dirname "$0")/.."
library=$(cd "${1:-${CARGO_TARGET_DIR:-target}/release}" && pwd)/libironbase.so
build=$PWD/build/languages
libraries=$build/lib
mkdir -p "$libraries"
# Under the names that an installation has.
soname=$(readelf -d "$library" | sed -n 's/.*(SONAME).*\[\(.*\)\]/\1/p')
ln -sf "$library" "$libraries/libironbase.so"
ln -sf "$library" "$libraries/$soname"
scripts/setup.sh languages

# What Go finds the library by; an installation has such a file, too.
cat >"$build/ironbase.pc" <<END
Name: ironbase
Description: the release build
Version: 0
Libs: -L$libraries -lironbase
Cflags: -I$PWD/include
END

echo "## C and C++"
if [ -f /usr/include/sqlite3.h ]; then
    c++ -O2 -std=c++17 -Wall -Wextra -Iinclude benches/languages/speed.cpp -o "$build/speed" \
        -L"$libraries" -Wl,-rpath,"$libraries" -lironbase -lsqlite3
    "$build/speed" "$build/data"
else
    echo "left out: sqlite3.h is missing"
fi

printf '\n## Go\n'
if scripts/setup.sh go; then
    (cd bindings/go/bench && PKG_CONFIG_PATH=$build LD_LIBRARY_PATH=$libraries go run .)
else
    echo "left out"
fi

printf '\n## Node.js\n'
if command -v npm >/dev/null 2>&1; then
    (cd bindings/node && npm ci --silent --no-audit --no-fund >/dev/null && cd bench && npm ci --silent --no-audit --no-fund >/dev/null &&
        IRONBASE_LIBRARY=$libraries/libironbase.so node bench.js)
else
    echo "left out: npm is missing"
fi

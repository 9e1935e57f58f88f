#!/bin/sh
# A program in an empty folder builds with the static library in the module, and runs without any:
# test-static.sh LIBRARY WORK_FOLDER
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
library=$1 work=$2
rm -rf "$work"
mkdir -p "$work/module" "$work/program"
# The module as a release has it: what is kept of it, and a filled folder lib.
(cd "$here" && git ls-files --cached --others --exclude-standard -z | xargs -0 cp --parents -t "$work/module")
"$here/scripts/fill-static.sh" "$library" "$work/module"

cd "$work/program"
cat >main.go <<'END'
package main

import (
	"context"
	"fmt"
	"log"

	"github.com/ironbase/ironbase-go"
	"go.mongodb.org/mongo-driver/v2/bson"
)

func main() {
END
# README.md's ten lines.
sed -n '/^```go$/,/^```$/p' "$here/README.md" | sed '/^```/d; s/^/\t/' >>main.go
echo '}' >>main.go
cat >go.mod <<'END'
module quickstart

go 1.24

require github.com/ironbase/ironbase-go v0.0.0

replace github.com/ironbase/ironbase-go => ../module
END
go mod tidy
env -u PKG_CONFIG_PATH -u LD_LIBRARY_PATH go build -tags ironbase_static -o quickstart .
found=$(env -u LD_LIBRARY_PATH ./quickstart)
[ "$found" = "Ada <nil>" ] || { echo "test-static: the program said: $found" >&2; exit 1; }
if ldd quickstart | grep ironbase; then
    echo "test-static: the program needs a shared library" >&2
    exit 1
fi
echo "--- PASS: static linking in an empty folder ($(stat -c %s quickstart) bytes)"

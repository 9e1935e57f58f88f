#!/usr/bin/env bash
# The tests of the Node wrapper, with the library that IRONBASE_LIBRARY names (target/release/libironbase.so).
#
# IRONBASE_FAILPOINTS names the library in which the engine can be made to panic; without it that test is skipped.
#
# The last lines say how many passed and failed; before them come those that failed.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$(cd ../.. && pwd)
IRONBASE_LIBRARY=${IRONBASE_LIBRARY:-${CARGO_TARGET_DIR:-$root/target}/release/libironbase.so}
case $IRONBASE_LIBRARY in /*) ;; *) IRONBASE_LIBRARY=$root/$IRONBASE_LIBRARY ;; esac
export IRONBASE_LIBRARY
[ -f "$IRONBASE_LIBRARY" ] || { echo "$IRONBASE_LIBRARY is missing; make library builds it" >&2; exit 1; }

# what is installed is kept as long as the lock file says the same
stamp=node_modules/.installed-from
if ! cmp -s package-lock.json $stamp; then
    npm ci --ignore-scripts --no-audit --no-fund --prefer-offline
    cp package-lock.json $stamp
fi
echo "types: tsc --strict"
node_modules/.bin/tsc -p .
log=$(mktemp)
trap 'rm -f "$log"' EXIT
code=0
node --test --test-reporter=spec test/*.test.js >"$log" 2>&1 || code=$?
[ $code = 0 ] || sed -n '/failing tests:/,$p' "$log"
sed -n 's/^[^ ]* \(pass\|fail\) \([0-9]*\)$/node tests: \2 \1/p' "$log"
exit $code

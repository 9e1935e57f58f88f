#!/usr/bin/env bash
# Every check and test of the project, stage by stage; stops at the first stage that fails.
#
# The last line, "N passed, N failed", counts what the stages themselves report: cargo's and ctest's
# tests, and one for each check that has no tests of its own (format, lint, build).
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$HOME/.cargo/bin:$PATH"
unset MAKEFLAGS MAKELEVEL # inner makes are not part of an outer one

build=build/test
library=${CARGO_TARGET_DIR:-target}/release/libironbase.so
logs=${CARGO_TARGET_DIR:-target}/test-logs
export IRONBASE_FIGURES=$PWD/$build.figures
passed=0 failed=0 skipped=""
rm -rf "$logs"
mkdir -p "$logs" build
rm -f "$IRONBASE_FIGURES"

heading() { printf '\n=== %s ===\n' "$*"; }

# The rows that tests/common/figures.rs has collected, in columns.
figures() {
    [ -s "$IRONBASE_FIGURES" ] || return 0
    heading "What was done how often, and what came of it"
    sort "$IRONBASE_FIGURES" | awk -F ' [|] ' '{
        for (i = 1; i <= 3; i++) { cell[NR, i] = $i; if (length($i) > width[i]) width[i] = length($i) }
    } END {
        for (n = 1; n <= NR; n++) printf "%-*s  %*s  %s\n", width[1], cell[n, 1], width[2], cell[n, 2], cell[n, 3]
    }'
}

finish() {
    figures
    heading "Result"
    [ -z "$skipped" ] || printf 'skipped, not installed:%s\n' "$skipped"
    printf '%d passed, %d failed\n' "$passed" "$failed"
}

# stage TITLE COUNTER COMMAND...: runs the command; COUNTER LOG EXIT_CODE adds to passed and failed.
stage() {
    local title=$1 counter=$2 log code=0 failed_before=$failed started=$SECONDS
    shift 2
    log=$logs/$(tr -cs 'a-zA-Z0-9\n' '-' <<<"$title").log
    heading "$title"
    "$@" 2>&1 | tee "$log" || code=$?
    "$counter" "$log" "$code"
    if [ "$code" -ne 0 ]; then
        # a stage may fail outside of its tests: in a compiler, for one
        [ "$failed" -gt "$failed_before" ] || failed=$((failed + 1))
        printf '\n%s failed (exit code %d); its output is in %s\n' "$title" "$code" "$log"
        finish
        exit 1
    fi
    printf -- '--- %s: ok, %d s\n' "$title" $((SECONDS - started))
}

count_check() {
    if [ "$2" -eq 0 ]; then passed=$((passed + 1)); fi
}

# cargo: "test result: ok. 12 passed; 0 failed; ..." once for each test program
count_cargo() {
    local sums
    sums=$(awk '/^test result:/ { p += $4; f += $6 } END { print p + 0, f + 0 }' "$1")
    passed=$((passed + ${sums% *}))
    failed=$((failed + ${sums#* }))
}

# go: "--- PASS: TestX", indented for a part of a test
count_go() {
    local passes fails
    passes=$(grep -c '^ *--- PASS: ' "$1" || true)
    fails=$(grep -c '^ *--- FAIL: ' "$1" || true)
    passed=$((passed + passes))
    failed=$((failed + fails))
}

# ctest: the attributes of its JUnit report's first element
count_ctest() {
    local report=$build/report.xml tests failures skips
    [ -f "$report" ] || return 0
    tests=$(suite_attribute tests)
    failures=$(suite_attribute failures)
    skips=$(($(suite_attribute disabled) + $(suite_attribute skipped)))
    passed=$((passed + tests - failures - skips))
    failed=$((failed + failures))
}

# bindings/node/scripts/test.sh: "node tests: 12 pass"
count_node() {
    passed=$((passed + $(node_tests "$1" pass)))
    failed=$((failed + $(node_tests "$1" fail)))
}

node_tests() {
    awk -v outcome="$2" '/^node tests: / && $4 == outcome { n = $3 } END { print n + 0 }' "$1"
}

suite_attribute() {
    tr '\n\t' '  ' <"$build/report.xml" | sed -n "s/.*<testsuite [^>]* $1=\"\([0-9]*\)\".*/\1/p"
}

build_with_cmake() {
    cmake -S . -B "$build" -DCMAKE_BUILD_TYPE=RelWithDebInfo -DIRONBASE_VALGRIND=ON &&
    cmake --build "$build"
}

run_ctest() {
    rm -f "$build/report.xml"
    ctest --test-dir "$build" --output-on-failure --parallel 2 --output-junit report.xml
}

has_node() {
    command -v npm >/dev/null 2>&1 &&
    node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' 2>/dev/null
}

heading "Setup"
scripts/setup.sh test

if cargo fmt --version >/dev/null 2>&1; then
    stage "Format" count_check cargo fmt --all --check
else
    skipped="$skipped rustfmt"
fi
if cargo clippy --version >/dev/null 2>&1; then
    stage "Lint" count_check cargo clippy --quiet --workspace --all-targets -- -D warnings
else
    skipped="$skipped clippy"
fi
stage "Rust tests" count_cargo cargo test --no-fail-fast
stage "Interleavings of a few threads" count_cargo cargo test -p ironbase-model --no-fail-fast
stage "CMake build of library, C examples and C tests" count_check build_with_cmake
stage "C tests under valgrind, examples, packaging" count_ctest run_ctest
if has_node; then
    stage "Node wrapper" count_node env IRONBASE_FAILPOINTS="$PWD/$build/failpoints/libironbase.so" bindings/node/scripts/test.sh
    stage "Node packages" count_check bindings/node/scripts/test-packages.sh "$library"
else
    skipped="$skipped node"
fi
if scripts/setup.sh go; then
    stage "Go wrapper" count_go bindings/go/scripts/test.sh "$build/lib" "$build/go" "$build/failpoints"
else
    skipped="$skipped go"
fi
finish

#!/bin/sh
# Sees to the programs that a build or a test run needs: setup.sh build|test|go|languages
#
# On Debian and its kin, as root, what is missing is installed with apt; otherwise it is named and the
# script fails. It is quiet and does nothing when all is there. Rust itself is never installed.
set -eu
purpose=${1:-test}
missing=""

# The Go wrapper's tests are skipped without it; that is said, and is no failure.
if [ "$purpose" = go ]; then
    needed=$(sed -n 's/^go //p' bindings/go/go.mod)
    if ! command -v go >/dev/null 2>&1; then
        echo "setup: go is missing; to get it: https://go.dev/dl ($needed or later)"
        exit 1
    fi
    # A Go that is older would fetch another one, or fail.
    found=$(GOTOOLCHAIN=local go env GOVERSION | sed 's/^go//')
    if [ "$(printf '%s\n' "$needed" "$found" | sort -V | head -n 1)" != "$needed" ]; then
        echo "setup: go is $found, the Go wrapper needs $needed or later: https://go.dev/dl"
        exit 1
    fi
    exit 0
fi

# want COMMAND PACKAGE: COMMAND must be there; Debian's PACKAGE has it.
want() {
    command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}

# may_want COMMAND PACKAGE: without COMMAND some tests are left out, and say so.
may_want() {
    command -v "$1" >/dev/null 2>&1 || desired="$desired $2"
}
desired=""

want cc gcc
want make make
if command -v cc >/dev/null 2>&1 && ! echo '#include <stdio.h>' | cc -E - >/dev/null 2>&1; then
    missing="$missing libc6-dev"
fi
if [ "$purpose" = test ]; then
    want c++ g++
    want cmake cmake
    want valgrind valgrind
    want pkg-config pkg-config
    may_want clang++ clang
    may_want abidw abigail-tools
    [ -f /usr/include/nlohmann/json.hpp ] || desired="$desired nlohmann-json3-dev"
    # valgrind needs the C library's symbols, which Debian keeps apart
    if command -v dpkg >/dev/null 2>&1 && ! dpkg -s libc6-dbg >/dev/null 2>&1; then
        missing="$missing libc6-dbg"
    fi
fi

if [ "$purpose" = languages ]; then
    want c++ g++
    want pkg-config pkg-config
    [ -f /usr/include/sqlite3.h ] || desired="$desired libsqlite3-dev"
fi

install_missing() {
    if ! command -v apt-get >/dev/null 2>&1; then
        echo "setup: please install (by Debian's names):$missing" >&2
        return 1
    fi
    if [ "$(id -u)" != 0 ]; then
        echo "setup: please run: sudo apt-get install --no-install-recommends$missing" >&2
        return 1
    fi
    echo "setup: installing$missing"
    log=$(mktemp)
    # shellcheck disable=SC2086  # the packages are words
    if ! { apt-get update -q &&
        DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing; } >"$log" 2>&1; then
        cat "$log" >&2
        echo "setup: apt-get could not install$missing" >&2
        rm -f "$log"
        return 1
    fi
    rm -f "$log"
}
[ -z "$missing" ] || install_missing

# What is only desired is installed if that is easy; the build names the tests that it leaves out.
if [ -n "$desired" ] && command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    missing=$desired
    install_missing || true
elif [ -n "$desired" ]; then
    echo "setup: some tests are left out without (by Debian's names):$desired"
fi

if ! command -v cargo >/dev/null 2>&1; then
    echo "setup: cargo was not found: install Rust from https://rustup.rs (stable, $(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml) or later)" >&2
    exit 1
fi

# The format and lint checks are skipped without these; that is said, and is no failure.
if [ "$purpose" = test ]; then
    for component in rustfmt clippy; do
        case $component in rustfmt) tool=fmt ;; clippy) tool=clippy ;; esac
        cargo "$tool" --version >/dev/null 2>&1 && continue
        command -v rustup >/dev/null 2>&1 && timeout 60 rustup component add "$component" >/dev/null 2>&1 && continue
        echo "setup: $component is missing; to get it: rustup component add $component"
    done
fi

# The Node wrapper's tests are skipped without it; that is said, and is no failure.
if [ "$purpose" = test ] && ! node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' 2>/dev/null; then
    echo "setup: Node.js 20.19 or later with npm is missing (found: $(node --version 2>/dev/null || echo none)); to get it: https://nodejs.org"
fi

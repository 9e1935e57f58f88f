# IronBase's commands. `make help` lists them.
#
# The library is always built by the same cargo command, here and in CMakeLists.txt, so that the
# release build is made once whoever asks first.

export PATH := $(HOME)/.cargo/bin:$(PATH)
MAKEFLAGS += --no-print-directory
# Cargo's own variable names another target directory if it is set.
TARGET := $(or $(CARGO_TARGET_DIR),target)
BUILD := build
# A release makes copies of fewer functions than the compiler would: 0.4 MB less; what is on hot paths says #[inline].
# cmake/Cargo.cmake says the same.
LEAN := -C llvm-args=-inline-threshold=120
CC ?= cc
CFLAGS ?= -O2
WARNINGS := -std=c99 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Wpedantic -Werror
STATIC := $(TARGET)/release/libironbase.a -lpthread -ldl -lrt -lm

.DEFAULT_GOAL := help
.PHONY: help quickstart library test bench languages soak header dist sanitize abi format clean

help: ## say what there is
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1	\2/p' $(MAKEFILE_LIST) | expand -t 20

quickstart: ## load a real data set, index, ask, update, be killed, find everything again
	@scripts/setup.sh build
	@$(MAKE) library
	@mkdir -p $(BUILD)
	@$(CC) $(CFLAGS) $(WARNINGS) -Iinclude examples-c/quickstart.c -o $(BUILD)/quickstart $(STATIC)
	@rm -rf $(BUILD)/quickstart.mlite
	@$(BUILD)/quickstart examples-c/data/cities.jsonl $(BUILD)/quickstart.mlite

library: ## build libironbase.so and libironbase.a into target/release
	cargo rustc --release --lib --crate-type=cdylib,staticlib -- $(LEAN)

test: ## every check and test; the last line says how many passed and failed
	@scripts/test.sh

bench: ## compare with SQLite, LMDB and the bare disk (CASE=point-get for one case)
	@scripts/setup.sh build
	cargo rustc --release -p ironbase-bench --bin ironbase-bench -- $(LEAN)
	$(TARGET)/release/ironbase-bench $(CASE)

languages: library ## the same calls from C, C++, Go and Node.js, each beside SQLite from the same language
	@scripts/bench-languages.sh $(TARGET)/release

soak: ## the crash matrix and the model tests in their long form
	IRONBASE_SOAK=1 cargo test --release --no-fail-fast -- --nocapture
	IRONBASE_SOAK=1 cargo test --release -p ironbase-model -- --nocapture
	IRONBASE_SOAK=1 PROFILE=release VALGRIND= tests/c/run.sh misuse

header: ## write include/ironbase.h anew from src/capi
	IRONBASE_UPDATE_HEADER=1 cargo test --quiet --test capi_header the_header_is_what_the_source_says

dist: ## pack a release for this platform into dist/
	@scripts/setup.sh test
	@cmake -S . -B $(BUILD)/dist -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=OFF -DIRONBASE_EXAMPLES=OFF >/dev/null
	@cmake --build $(BUILD)/dist
	@scripts/dist.sh $(BUILD)/dist dist

sanitize: ## the C and C++ tests and examples under AddressSanitizer, the library instrumented too (needs nightly Rust)
	@scripts/sanitize.sh

abi: ## keep the header's ABI in tests/abi, after it was changed on purpose
	@scripts/setup.sh test
	tests/abi/dump.sh tests/abi

format: ## format the Rust sources
	cargo fmt --all

clean: ## remove everything that was built
	cargo clean
	rm -rf $(BUILD)

# The library, built by cargo and offered as CMake targets.
#
# Cargo decides itself what is out of date, so it is asked at every build. Its output is copied to
# build/lib under the names that an installation has: libironbase.so -> .so.0 -> .so.0.1.0.

find_program(IRONBASE_CARGO cargo HINTS "$ENV{HOME}/.cargo/bin")
if(NOT IRONBASE_CARGO)
  message(FATAL_ERROR "cargo was not found: install Rust from https://rustup.rs")
endif()
find_package(Threads REQUIRED)

# Shared with plain cargo and make, so that nothing is compiled twice.
if(DEFINED ENV{CARGO_TARGET_DIR})
  set(IRONBASE_CARGO_TARGET "$ENV{CARGO_TARGET_DIR}")
else()
  set(IRONBASE_CARGO_TARGET "${PROJECT_SOURCE_DIR}/target")
endif()

set(IRONBASE_INCLUDE "${PROJECT_SOURCE_DIR}/include")
set(IRONBASE_LIB "${PROJECT_BINARY_DIR}/lib")

# The name that programs record: the header is the home of the ABI's number, build.rs sets it.
file(STRINGS "${IRONBASE_INCLUDE}/ironbase.h" IRONBASE_ABI REGEX "^#define IRONBASE_ABI_VERSION ")
string(REGEX REPLACE "[^0-9]" "" IRONBASE_ABI "${IRONBASE_ABI}")
set(IRONBASE_SONAME "libironbase.so.${IRONBASE_ABI}")
set(IRONBASE_SHARED "${IRONBASE_LIB}/libironbase.so.${PROJECT_VERSION}")
set(IRONBASE_STATIC "${IRONBASE_LIB}/libironbase.a")

# What Rust's standard library needs of the system; only static linking must name it.
# (`cargo rustc ... -- --print native-static-libs`; gcc adds libgcc and libc itself.)
set(IRONBASE_STATIC_LIBRARIES pthread dl rt m)

# The two libraries alone, without Rust's own format: a third of the size (see Makefile too).
add_custom_target(ironbase_cargo ALL
  COMMAND ${CMAKE_COMMAND} -E env "CARGO_TARGET_DIR=${IRONBASE_CARGO_TARGET}"
          "${IRONBASE_CARGO}" rustc --quiet --release --lib --crate-type=cdylib,staticlib
          -- -C llvm-args=-inline-threshold=120
  COMMAND ${CMAKE_COMMAND} -E make_directory "${IRONBASE_LIB}"
  COMMAND ${CMAKE_COMMAND} -E copy_if_different
          "${IRONBASE_CARGO_TARGET}/release/libironbase.so" "${IRONBASE_SHARED}"
  COMMAND ${CMAKE_COMMAND} -E copy_if_different
          "${IRONBASE_CARGO_TARGET}/release/libironbase.a" "${IRONBASE_STATIC}"
  COMMAND ${CMAKE_COMMAND} -E create_symlink
          "libironbase.so.${PROJECT_VERSION}" "${IRONBASE_LIB}/${IRONBASE_SONAME}"
  COMMAND ${CMAKE_COMMAND} -E create_symlink "${IRONBASE_SONAME}" "${IRONBASE_LIB}/libironbase.so"
  BYPRODUCTS "${IRONBASE_SHARED}" "${IRONBASE_STATIC}"
  WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}"
  COMMENT "Building the library with cargo"
  VERBATIM)

add_library(ironbase::ironbase SHARED IMPORTED GLOBAL)
set_target_properties(ironbase::ironbase PROPERTIES
  IMPORTED_LOCATION "${IRONBASE_SHARED}"
  IMPORTED_SONAME "${IRONBASE_SONAME}"
  INTERFACE_INCLUDE_DIRECTORIES "${IRONBASE_INCLUDE}")
add_dependencies(ironbase::ironbase ironbase_cargo)

add_library(ironbase::static STATIC IMPORTED GLOBAL)
set_target_properties(ironbase::static PROPERTIES
  IMPORTED_LOCATION "${IRONBASE_STATIC}"
  INTERFACE_INCLUDE_DIRECTORIES "${IRONBASE_INCLUDE}"
  INTERFACE_LINK_LIBRARIES "${IRONBASE_STATIC_LIBRARIES}")
add_dependencies(ironbase::static ironbase_cargo)

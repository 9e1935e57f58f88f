# The tests of the C side: one ctest for each program and way of linking.

set(IRONBASE_TEST_DIR "${PROJECT_BINARY_DIR}/test-run")
file(MAKE_DIRECTORY "${IRONBASE_TEST_DIR}")

set(IRONBASE_TEST_RUNNER "")
if(IRONBASE_VALGRIND)
  find_program(IRONBASE_VALGRIND_PROGRAM valgrind REQUIRED)
  # Reachable memory at exit is Rust's and libc's own caches; what is lost is a leak.
  set(IRONBASE_TEST_RUNNER "${IRONBASE_VALGRIND_PROGRAM}" --quiet --fair-sched=yes --error-exitcode=99
    --leak-check=full --errors-for-leak-kinds=definite,indirect)
endif()

# A C program per file of tests/c, in an empty directory of its own.
file(GLOB IRONBASE_C_TESTS CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/c/*.c")
foreach(source IN LISTS IRONBASE_C_TESTS)
  get_filename_component(name "${source}" NAME_WE)
  add_executable(c_${name} "${source}")
  set_target_properties(c_${name} PROPERTIES
    C_STANDARD 99 C_STANDARD_REQUIRED ON C_EXTENSIONS OFF
    RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
  target_compile_definitions(c_${name} PRIVATE _POSIX_C_SOURCE=200809L
    BEHAVIOUR_DIR="${PROJECT_SOURCE_DIR}/tests/behaviour" IRONBASE_LIBRARY="${IRONBASE_SHARED}")
  target_link_options(c_${name} PRIVATE -Wl,--as-needed) # dlclose.c loads the library itself
  target_compile_options(c_${name} PRIVATE -Wall -Wextra -Wpedantic -Werror)
  target_link_libraries(c_${name} PRIVATE ironbase::ironbase Threads::Threads ${CMAKE_DL_LIBS})
  add_test(NAME c.${name}
    COMMAND "${PROJECT_SOURCE_DIR}/scripts/in-empty-dir.sh" "${IRONBASE_TEST_DIR}/${name}"
            ${IRONBASE_TEST_RUNNER} $<TARGET_FILE:c_${name}>)
  set_tests_properties(c.${name} PROPERTIES TIMEOUT 600)
endforeach()

# The ABI is what was kept of it.
find_program(IRONBASE_ABIDIFF abidiff)
if(IRONBASE_ABIDIFF)
  add_test(NAME abi COMMAND "${PROJECT_SOURCE_DIR}/tests/abi/compare.sh")
else()
  message(STATUS "abidiff is not installed: the test abi is left out")
endif()

# A library for tests alone, in which the engine can be made to panic (src/failpoint.rs), and the programs that do so.
set(IRONBASE_FAILPOINTS "${PROJECT_BINARY_DIR}/failpoints")
set(IRONBASE_FAILPOINTS_SHARED "${IRONBASE_FAILPOINTS}/${IRONBASE_SONAME}")
add_custom_target(ironbase_failpoints ALL
  COMMAND ${CMAKE_COMMAND} -E env "CARGO_TARGET_DIR=${IRONBASE_CARGO_TARGET}"
          "${IRONBASE_CARGO}" rustc --quiet --profile failpoints --features failpoints --lib --crate-type=cdylib
  COMMAND ${CMAKE_COMMAND} -E make_directory "${IRONBASE_FAILPOINTS}"
  COMMAND ${CMAKE_COMMAND} -E copy_if_different
          "${IRONBASE_CARGO_TARGET}/failpoints/libironbase.so" "${IRONBASE_FAILPOINTS_SHARED}"
  COMMAND ${CMAKE_COMMAND} -E create_symlink "${IRONBASE_SONAME}" "${IRONBASE_FAILPOINTS}/libironbase.so"
  BYPRODUCTS "${IRONBASE_FAILPOINTS_SHARED}"
  WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}"
  COMMENT "Building the library with fail points with cargo"
  VERBATIM)
add_dependencies(ironbase_failpoints ironbase_cargo) # cargo serves one at a time
foreach(language c cpp)
  add_executable(panic_${language} "${PROJECT_SOURCE_DIR}/tests/failpoints/panic.${language}")
  set_target_properties(panic_${language} PROPERTIES
    C_STANDARD 99 C_STANDARD_REQUIRED ON C_EXTENSIONS OFF CXX_STANDARD 17 CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF
    RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests" BUILD_RPATH "${IRONBASE_FAILPOINTS}")
  target_include_directories(panic_${language} PRIVATE "${IRONBASE_INCLUDE}")
  target_compile_definitions(panic_${language} PRIVATE _POSIX_C_SOURCE=200809L)
  target_compile_options(panic_${language} PRIVATE -Wall -Wextra -Wpedantic -Werror)
  target_link_libraries(panic_${language} PRIVATE "${IRONBASE_FAILPOINTS_SHARED}" Threads::Threads)
  add_dependencies(panic_${language} ironbase_failpoints)
  add_test(NAME panic.${language}
    COMMAND "${PROJECT_SOURCE_DIR}/scripts/in-empty-dir.sh" "${IRONBASE_TEST_DIR}/panic-${language}"
            ${IRONBASE_TEST_RUNNER} $<TARGET_FILE:panic_${language}>)
  set_tests_properties(panic.${language} PROPERTIES TIMEOUT 600 ENVIRONMENT "RUST_BACKTRACE=0")
endforeach()
# It has the functions of the header and no others, as the one that is shipped.
add_test(NAME panic.exports COMMAND sh -c
  "nm -D --defined-only '${IRONBASE_FAILPOINTS_SHARED}' | cut -d' ' -f3 >failpoints.symbols &&
   nm -D --defined-only '${IRONBASE_SHARED}' | cut -d' ' -f3 | diff failpoints.symbols -")
set_tests_properties(panic.exports PROPERTIES WORKING_DIRECTORY "${IRONBASE_TEST_DIR}")

# The C++ wrapper: programs that use it, and every compiler and standard that it must compile with.
find_path(IRONBASE_NLOHMANN nlohmann/json.hpp)
file(GLOB IRONBASE_CPP_TESTS CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/cpp/*.cpp")
foreach(source IN LISTS IRONBASE_CPP_TESTS)
  get_filename_component(name "${source}" NAME_WE)
  file(STRINGS "${source}" uses_nlohmann REGEX "nlohmann/json.hpp" LIMIT_COUNT 1)
  if(uses_nlohmann AND NOT IRONBASE_NLOHMANN)
    message(STATUS "nlohmann/json.hpp is not installed: the test cpp.${name} is left out")
    continue()
  endif()
  add_executable(cpp_${name} "${source}")
  set_target_properties(cpp_${name} PROPERTIES
    CXX_STANDARD 17 CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF
    RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
  target_compile_definitions(cpp_${name} PRIVATE BEHAVIOUR_DIR="${PROJECT_SOURCE_DIR}/tests/behaviour")
  target_compile_options(cpp_${name} PRIVATE -Wall -Wextra -Wpedantic -Werror)
  if(name STREQUAL "returning")
    target_compile_options(cpp_${name} PRIVATE -fno-exceptions)
  endif()
  target_link_libraries(cpp_${name} PRIVATE ironbase::ironbase Threads::Threads)
  add_test(NAME cpp.${name}
    COMMAND "${PROJECT_SOURCE_DIR}/scripts/in-empty-dir.sh" "${IRONBASE_TEST_DIR}/cpp-${name}"
            ${IRONBASE_TEST_RUNNER} $<TARGET_FILE:cpp_${name}>)
  set_tests_properties(cpp.${name} PROPERTIES TIMEOUT 600)
endforeach()
foreach(compiler g++ clang++)
  find_program(IRONBASE_COMPILER_${compiler} ${compiler})
  if(NOT IRONBASE_COMPILER_${compiler})
    message(STATUS "${compiler} is not installed: the test cpp.compiles.${compiler} is left out")
    continue()
  endif()
  add_test(NAME cpp.compiles.${compiler}
    COMMAND "${PROJECT_SOURCE_DIR}/tests/cpp/compile.sh" "${IRONBASE_COMPILER_${compiler}}" 17 20)
endforeach()

# Its quickstart, which bindings/cpp/README.md shows.
add_executable(cpp_quickstart bindings/cpp/quickstart.cpp)
set_target_properties(cpp_quickstart PROPERTIES CXX_STANDARD 17 CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF
  RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/examples")
target_compile_options(cpp_quickstart PRIVATE -Wall -Wextra -Wpedantic -Werror)
target_link_libraries(cpp_quickstart PRIVATE ironbase::ironbase)
add_test(NAME cpp.quickstart
  COMMAND "${PROJECT_SOURCE_DIR}/scripts/in-empty-dir.sh" "${IRONBASE_TEST_DIR}/cpp-quickstart"
          ${IRONBASE_TEST_RUNNER} $<TARGET_FILE:cpp_quickstart>)
add_test(NAME cpp.readme COMMAND sh -c
  "sed -n '/^```cpp$/,/^```$/p' bindings/cpp/README.md | sed '/^```$/,$d; 1d' | diff - bindings/cpp/quickstart.cpp")
set_tests_properties(cpp.readme PROPERTIES WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")

# The examples are tests too: they check what they show. The quickstart, whose point is to be killed,
# would only be slow under valgrind.
if(IRONBASE_EXAMPLES)
  # Under valgrind an import of fewer cities says as much.
  set(IRONBASE_FEW_CITIES "${IRONBASE_TEST_DIR}/few-cities.jsonl")
  execute_process(COMMAND head -n 1500 "${PROJECT_SOURCE_DIR}/examples-c/data/cities.jsonl"
    OUTPUT_FILE "${IRONBASE_FEW_CITIES}")

  foreach(name hello errors transactions compact backup bulk_import worker_pool quickstart)
    set(runner ${IRONBASE_TEST_RUNNER})
    set(arguments "")
    if(name STREQUAL "quickstart")
      set(runner "")
      set(arguments "${PROJECT_SOURCE_DIR}/examples-c/data/cities.jsonl")
    elseif(name STREQUAL "bulk_import")
      set(arguments "${IRONBASE_FEW_CITIES}")
    endif()
    add_test(NAME example.${name}
      COMMAND "${PROJECT_SOURCE_DIR}/scripts/in-empty-dir.sh" "${IRONBASE_TEST_DIR}/example-${name}"
              ${runner} $<TARGET_FILE:${name}> ${arguments})
    set_tests_properties(example.${name} PROPERTIES TIMEOUT 120)
  endforeach()
endif()

# README.md shows hello.c, but for its first line.
add_test(NAME readme.example COMMAND sh -c
  "sed '1d' examples-c/hello.c >'${IRONBASE_TEST_DIR}/hello.c' &&
   sed -n '/^```c$/,/^```$/p' README.md | sed '1d;$d' | diff - '${IRONBASE_TEST_DIR}/hello.c'")
set_tests_properties(readme.example PROPERTIES WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")

# An outside project builds against an installation, by both roads and with both libraries.
add_test(NAME package.install
  COMMAND "${PROJECT_SOURCE_DIR}/tests/packaging/install.sh" "${PROJECT_BINARY_DIR}")
set_tests_properties(package.install PROPERTIES FIXTURES_SETUP installation)
foreach(road find_package pkg_config)
  foreach(linkage shared static)
    add_test(NAME package.${road}.${linkage}
      COMMAND "${PROJECT_SOURCE_DIR}/tests/packaging/${road}/build-and-run.sh"
              "${PROJECT_BINARY_DIR}" ${linkage} "${PROJECT_VERSION}")
    set_tests_properties(package.${road}.${linkage} PROPERTIES FIXTURES_REQUIRED installation)
  endforeach()
endforeach()

# A release is packed, and works where it is unpacked. Not beside the tests that install: it reads the same build.
add_test(NAME package.dist
  COMMAND "${PROJECT_SOURCE_DIR}/tests/packaging/dist.sh" "${PROJECT_BINARY_DIR}" "${PROJECT_VERSION}")
set_tests_properties(package.dist PROPERTIES FIXTURES_REQUIRED installation)

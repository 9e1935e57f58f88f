# What `cmake --install` puts where, for CMake projects and for pkg-config alike.
#
# The installed tree may be moved: the CMake package and ironbase.pc find the rest from their own place.

include(CMakePackageConfigHelpers)
set(IRONBASE_PACKAGE_DIR "${CMAKE_INSTALL_LIBDIR}/cmake/ironbase")

configure_package_config_file(cmake/ironbaseConfig.cmake.in cmake/ironbaseConfig.cmake
  INSTALL_DESTINATION "${IRONBASE_PACKAGE_DIR}"
  PATH_VARS CMAKE_INSTALL_INCLUDEDIR CMAKE_INSTALL_LIBDIR)
# Before 1.0 a minor version may change the ABI.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/cmake/ironbaseConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion)

file(RELATIVE_PATH IRONBASE_PC_PREFIX
  "/prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/prefix")
string(REGEX REPLACE "/$" "" IRONBASE_PC_PREFIX "${IRONBASE_PC_PREFIX}")
list(TRANSFORM IRONBASE_STATIC_LIBRARIES PREPEND "-l" OUTPUT_VARIABLE IRONBASE_PC_PRIVATE)
list(JOIN IRONBASE_PC_PRIVATE " " IRONBASE_PC_PRIVATE)
configure_file(cmake/ironbase.pc.in cmake/ironbase.pc @ONLY)

install(FILES "${IRONBASE_INCLUDE}/ironbase.h" "${IRONBASE_INCLUDE}/ironbase.hpp" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(FILES
  "${IRONBASE_SHARED}" "${IRONBASE_LIB}/${IRONBASE_SONAME}" "${IRONBASE_LIB}/libironbase.so"
  "${IRONBASE_STATIC}"
  DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(FILES
  "${PROJECT_BINARY_DIR}/cmake/ironbaseConfig.cmake"
  "${PROJECT_BINARY_DIR}/cmake/ironbaseConfigVersion.cmake"
  DESTINATION "${IRONBASE_PACKAGE_DIR}")
install(FILES "${PROJECT_BINARY_DIR}/cmake/ironbase.pc"
  DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")

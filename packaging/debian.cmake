# The Debian package, by `cpack -G DEB` (./dev package): one file with the library, what is needed to build with it, and the command,
# so that `apt install ./fuseval.deb` is all that a newcomer does.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME fuseval)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "NumPy-syntax array expressions compiled to machine code")
set(CPACK_PACKAGE_DESCRIPTION
  "fuseval compiles array expressions in NumPy syntax, given as text, to fused,
vectorised and multithreaded machine code.

This package has the library with its C and C++ interfaces, the headers,
CMake and pkg-config files to build with it, and the command fuseval.")
set(CPACK_STRIP_FILES ON)
# /usr is then the prefix that install scripts see, not a folder that ends in it.
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_SOURCE_DIR}/debian_files.cmake)
set(CPACK_POST_BUILD_SCRIPTS ${CMAKE_CURRENT_SOURCE_DIR}/debian_control.cmake)
set(CPACK_DEBIAN_COMPRESSION_TYPE none) # debian_control.cmake packs again, and compresses

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
# Debian's policy asks for an address and the project has none; RFC 2606 keeps .invalid for that.
set(CPACK_DEBIAN_PACKAGE_MAINTAINER "The fuseval authors <authors@fuseval.invalid>")
set(CPACK_DEBIAN_PACKAGE_SECTION math)
# Depends comes from what the binaries link; the command's own library is found where it was built.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${PROJECT_BINARY_DIR}/engine)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS_POLICY >=)
include(CPack)

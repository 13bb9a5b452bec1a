# The Debian packages, by `cpack -G DEB` (./dev package): one for who uses the command and programs that embed the library, one more for
# ranks, which brings MPI, and one more for who builds with the library.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME fuseval)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "NumPy-syntax array expressions compiled to machine code")
set(about "fuseval compiles array expressions in NumPy syntax, given as text, to fused,
vectorised and multithreaded machine code.")
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
# Depends comes from what the binaries link; the project's own library is found where it was built.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${PROJECT_BINARY_DIR}/engine)

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_COMPONENTS_ALL fuseval_runtime fuseval_development)
if(TARGET fuseval_mpi)
  list(APPEND CPACK_COMPONENTS_ALL fuseval_mpi)
endif()

# debian_package(component name section summary description)
macro(debian_package component name section summary description)
  string(TOUPPER ${component} upper)
  set(CPACK_DEBIAN_${upper}_PACKAGE_NAME ${name})
  set(CPACK_DEBIAN_${upper}_PACKAGE_SECTION ${section})
  set(CPACK_COMPONENT_${upper}_DESCRIPTION "${summary}\n${about}\n\n${description}")
endmacro()
debian_package(fuseval_runtime fuseval math "NumPy-syntax array expressions compiled to machine code"
  "This package has the command fuseval and the library. fuseval-mpi adds ranks on
many machines, fuseval-dev what it takes to build programs with the library.")
debian_package(fuseval_mpi fuseval-mpi math "fuseval over many machines, by MPI"
  "This package has the plugins that the library loads under mpirun: for messages
by MPI, and for files of HDF5 that all ranks read and write together.")
debian_package(fuseval_development fuseval-dev libdevel "headers and manual of fuseval"
  "This package has the C and C++ headers, files for CMake and pkg-config, the
manual, and example programs.")
foreach(upper FUSEVAL_RUNTIME FUSEVAL_MPI)
  set(CPACK_DEBIAN_${upper}_PACKAGE_SHLIBDEPS ON)
endforeach()
foreach(upper FUSEVAL_MPI FUSEVAL_DEVELOPMENT)
  set(CPACK_DEBIAN_${upper}_PACKAGE_DEPENDS "fuseval (= ${PROJECT_VERSION})")
endforeach()
set(CPACK_DEBIAN_FUSEVAL_RUNTIME_PACKAGE_SUGGESTS "fuseval-mpi")
if(MPIEXEC_EXECUTABLE AND TARGET fuseval_mpi)
  file(REAL_PATH ${MPIEXEC_EXECUTABLE} mpirun)
  execute_process(COMMAND dpkg-query --search ${mpirun} OUTPUT_VARIABLE owner ERROR_QUIET)
  if(owner MATCHES "^([a-z0-9.+-]+):")
    set(CPACK_DEBIAN_FUSEVAL_MPI_PACKAGE_RECOMMENDS ${CMAKE_MATCH_1})
  endif()
endif()
include(CPack)

# Run by CPack over the packages that it made: what its variables (of CPack 3.25) do not reach. It counts what a symbolic link points
# to into Installed-Size (three times the library), calls ldconfig in maintainer scripts of its own instead of asking dpkg for one
# call after all packages, gives all packages the first line of one, and knows no libraries that a package can do without.
foreach(package IN LISTS CPACK_PACKAGE_FILES)
  set(folder ${CPACK_TOPLEVEL_DIRECTORY}/repacked)
  file(REMOVE_RECURSE ${folder})
  execute_process(COMMAND dpkg-deb --raw-extract ${package} ${folder} COMMAND_ERROR_IS_FATAL ANY)

  file(READ ${folder}/DEBIAN/control control)
  execute_process(COMMAND du -sk --apparent-size --exclude=DEBIAN ${folder} OUTPUT_VARIABLE size COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCH "^[0-9]+" size ${size})
  string(REGEX REPLACE "Installed-Size: [0-9]+" "Installed-Size: ${size}" control "${control}")
  string(REGEX REPLACE "Description: [^\n]*\n " "Description: " control "${control}")

  file(REMOVE ${folder}/DEBIAN/postinst ${folder}/DEBIAN/postrm)
  if(control MATCHES "Package: fuseval\n")
    file(COPY ${CMAKE_CURRENT_LIST_DIR}/triggers DESTINATION ${folder}/DEBIAN)
    # Of the library alone; CPack would ask the plugins, too, for their versions, and warn that they have none.
    file(GLOB soname RELATIVE ${folder} ${folder}/usr/lib/*/libfuseval.so.?)
    string(REGEX REPLACE ".*\\." "" soversion ${soname})
    file(WRITE ${folder}/DEBIAN/shlibs "libfuseval ${soversion} fuseval (>= ${CPACK_PACKAGE_VERSION})\n")
    # The plugin for HDF5 is loaded when somebody names such a file, and says then what is missing.
    if(control MATCHES "\nDepends: [^\n]*(libhdf5[^,\n]*)")
      set(hdf5 ${CMAKE_MATCH_1})
      string(REPLACE "${hdf5}, " "" control "${control}")
      string(REPLACE ", ${hdf5}\n" "\n" control "${control}")
      string(REPLACE "\nSuggests:" "\nRecommends: ${hdf5}\nSuggests:" control "${control}")
    endif()
  endif()
  string(STRIP "${control}" control)
  file(WRITE ${folder}/DEBIAN/control "${control}\n")

  execute_process(COMMAND dpkg-deb --root-owner-group --build ${folder} ${package} OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
endforeach()

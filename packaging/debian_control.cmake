# Run by CPack over the package that it made: two things of CPack 3.25 that its variables do not reach. It counts what a symbolic
# link points to into Installed-Size (three times the library), and calls ldconfig in maintainer scripts of its own instead of
# asking dpkg for one call after all packages.
foreach(package IN LISTS CPACK_PACKAGE_FILES)
  set(folder ${CPACK_TOPLEVEL_DIRECTORY}/repacked)
  file(REMOVE_RECURSE ${folder})
  execute_process(COMMAND dpkg-deb --raw-extract ${package} ${folder} COMMAND_ERROR_IS_FATAL ANY)

  file(REMOVE ${folder}/DEBIAN/postinst ${folder}/DEBIAN/postrm)
  file(COPY ${CMAKE_CURRENT_LIST_DIR}/triggers DESTINATION ${folder}/DEBIAN)
  execute_process(COMMAND du -sk --apparent-size --exclude=DEBIAN ${folder} OUTPUT_VARIABLE size COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCH "^[0-9]+" size ${size})
  file(READ ${folder}/DEBIAN/control control)
  string(REGEX REPLACE "Installed-Size: [0-9]+" "Installed-Size: ${size}" control "${control}")
  file(WRITE ${folder}/DEBIAN/control "${control}")

  execute_process(COMMAND dpkg-deb --root-owner-group --build ${folder} ${package} OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
endforeach()

# Run by CPack over the files that it is about to pack: what Debian's policy asks for beyond `cmake --install`.
set(usr ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/usr)

# The loader looks into /usr/lib/<architecture> by itself, and a search path would outlive a change of that.
file(RPATH_REMOVE FILE ${usr}/bin/fuseval)

# pkg-config leaves out the flags of folders that the compiler searches anyway, if it can tell that they are those.
file(GLOB pc_file ${usr}/lib/*/pkgconfig/fuseval.pc)
file(READ ${pc_file} text)
string(REGEX REPLACE "^prefix=[^\n]*" "prefix=/usr" text "${text}")
file(WRITE ${pc_file} "${text}")

file(COPY_FILE ${CMAKE_CURRENT_LIST_DIR}/changelog ${usr}/share/doc/fuseval/changelog)
execute_process(COMMAND gzip -9nf ${usr}/share/doc/fuseval/changelog ${usr}/share/man/man1/fuseval.1 COMMAND_ERROR_IS_FATAL ANY)

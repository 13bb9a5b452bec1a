# Run by CPack over the files that it is about to pack: what Debian's policy asks for beyond `cmake --install`.
set(staged ${CPACK_TEMPORARY_INSTALL_DIRECTORY})

# The loader looks into /usr/lib/<architecture> by itself, and a search path would outlive a change of that.
file(GLOB binaries ${staged}/fuseval_runtime/usr/bin/fuseval ${staged}/*/usr/lib/*/libfuseval_*.so)
foreach(binary IN LISTS binaries)
  file(RPATH_REMOVE FILE ${binary})
endforeach()

# pkg-config leaves out the flags of folders that the compiler searches anyway, if it can tell that they are those.
file(GLOB pc_file ${staged}/fuseval_development/usr/lib/*/pkgconfig/fuseval.pc)
file(READ ${pc_file} text)
string(REGEX REPLACE "^prefix=[^\n]*" "prefix=/usr" text "${text}")
file(WRITE ${pc_file} "${text}")

# Debian's zsh looks there for what packages bring.
file(MAKE_DIRECTORY ${staged}/fuseval_runtime/usr/share/zsh/vendor-completions)
file(RENAME ${staged}/fuseval_runtime/usr/share/zsh/site-functions/_fuseval ${staged}/fuseval_runtime/usr/share/zsh/vendor-completions/_fuseval)
file(REMOVE_RECURSE ${staged}/fuseval_runtime/usr/share/zsh/site-functions)

# Each package says by itself who made it; the licences of what is in the binaries belong to all of them.
foreach(package IN ITEMS runtime:fuseval mpi:fuseval-mpi development:fuseval-dev)
  string(REGEX MATCH "(.*):(.*)" package ${package})
  set(root ${staged}/fuseval_${CMAKE_MATCH_1})
  if(EXISTS ${root})
    set(documents ${root}/usr/share/doc/${CMAKE_MATCH_2})
    file(COPY ${CMAKE_CURRENT_LIST_DIR}/copyright ${CMAKE_CURRENT_LIST_DIR}/changelog DESTINATION ${documents})
    execute_process(COMMAND gzip -9nf ${documents}/changelog COMMAND_ERROR_IS_FATAL ANY)
  endif()
endforeach()
execute_process(COMMAND gzip -9nf ${staged}/fuseval_runtime/usr/share/man/man1/fuseval.1 COMMAND_ERROR_IS_FATAL ANY)

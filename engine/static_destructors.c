/* The library stays in place until its process is gone (-z nodelete), and is used until then: by threads that still run
 * when main returns, by atexit handlers, by destructors of thread-local objects. So nothing in it is destroyed. For
 * LLVM, which has a hundred global objects (options, registries), this is the one way to that: what it links against as
 * __cxa_atexit, by which compilers register destructors, is this function, hidden in the shared library.
 *
 * Waiting at exit for the threads inside LLVM, and refusing work afterwards, would be the alternative: it needs to know
 * of each thread, and those that come later would get errors. Where a program links the engine statically, as the tests
 * do, LLVM's destructors run, after all that was registered later than its objects were made: before main. */
int __cxa_atexit(void (*destructor)(void*), void* object, void* library) {
  (void)destructor;
  (void)object;
  (void)library;
  return 0;
}

/* A plugin of a version that is not this fuseval's. */
static const int abi_and_size[2] = {999, 8};
const void* fuseval_mpi_plugin(void);
__attribute__((visibility("default"))) const void* fuseval_mpi_plugin(void) { return abi_and_size; }

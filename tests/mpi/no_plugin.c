/* A shared library that is no plugin. */
extern int fuseval_not_a_plugin;
int fuseval_not_a_plugin = 0;

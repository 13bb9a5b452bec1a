// on_device NAME TEXT: evaluates the text on that device, and prints the error.
#include <fuseval/fuseval.h>
#include <stdio.h>
#include <string.h>

int main(int count, char** words) {
  if (count != 3) return 2;
  const fv_run_options options = {.struct_size = sizeof options, .device = words[1]};
  fv_results* results;
  fv_error* error;
  const fv_status status =
      fv_evaluate(NULL, words[2], strlen(words[2]), NULL, NULL, 0, NULL, 0, &options, &results, &error);
  puts(fv_error_message(error));
  fv_results_release(results);
  fv_error_release(error);
  return status != FV_OK;
}

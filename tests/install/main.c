// The README's C snippet as a program, for a compiler that knows no C++.
#include <fuseval/fuseval.h>
#include <stdio.h>
#include <string.h>

int main(int count, char** words) {
  const double a[] = {3, 5}, b[] = {4, 12};
  const int64_t shape[] = {2};
  const char* names[] = {"a", "b"};
  const fv_view inputs[] = {{(void*)a, FV_FLOAT64, 1, shape, NULL, FV_DEVICE_CPU, 0, 0},
                            {(void*)b, FV_FLOAT64, 1, shape, NULL, FV_DEVICE_CPU, 0, 0}};
  const char* text = count > 1 ? words[1] : "sqrt(a**2 + b**2)";
  fv_results* results;
  fv_error* error;
  if (fv_evaluate(NULL, text, strlen(text), names, inputs, 2, NULL, 0, NULL, &results, &error) != FV_OK) {
    fputs(fv_error_caret(error), stderr);
    fv_error_release(error);
    return 1;
  }
  fv_view value;
  if (fv_results_view(results, 0, &value, NULL) != FV_OK) return 1;
  for (int64_t k = 0; k < value.shape[0]; ++k) printf("%g\n", ((const double*)value.data)[k]);
  fv_results_release(results);
  return 0;
}

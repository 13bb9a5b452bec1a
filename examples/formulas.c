/* A host in C: formulas that the user types, over the host's own buffers, from many threads.
 *
 *   formulas THREADS FORMULA…        each formula may use x and y, a million float64 values each
 *
 * Each formula is compiled once. Then every thread runs the same program over its own part of the buffers and writes
 * into its own part of the output: no copies, and no locks in the host. */
#include <fuseval/fuseval.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT = 1000000, MOST_THREADS = 64 };

static double x[COUNT], y[COUNT], out[COUNT];

typedef struct part {
  const fv_program* program;
  int64_t begin, end;
  int failed;
} part;

static fv_view view_of(double* data, const int64_t* count) {
  fv_view view = {data, FV_FLOAT64, 1, count, NULL, FV_DEVICE_CPU, 0, 0};
  return view;
}

/* Prints the error, with the place in the formula, and frees it. */
static void report(fv_error* error) {
  fprintf(stderr, "error: %s\n%s%s", fv_error_message(error), fv_error_caret(error),
          fv_error_line(error) > 0 ? "\n" : "");
  fv_error_release(error);
}

static void* run_part(void* argument) {
  part* mine = argument;
  const int64_t count = mine->end - mine->begin;
  const char* names[] = {"x", "y"};
  const fv_view inputs[] = {view_of(x + mine->begin, &count), view_of(y + mine->begin, &count)};
  const fv_view output = view_of(out + mine->begin, &count);
  fv_run_options options = {0};
  options.struct_size = sizeof options;
  options.threads = 1; /* the host has its own */
  fv_error* error;
  mine->failed = fv_run_named(mine->program, names, inputs, 2, &output, 1, &options, NULL, &error) != FV_OK;
  if (mine->failed) report(error);
  return NULL;
}

/* 1 when something went wrong. */
static int evaluate(const char* formula, int threads) {
  const int64_t count = COUNT;
  const char* names[] = {"x", "y"};
  const fv_view inputs[] = {view_of(x, &count), view_of(y, &count)};
  fv_program* program;
  fv_error* error;
  if (fv_compile(NULL, formula, strlen(formula), names, inputs, 2, &program, &error) != FV_OK) {
    report(error);
    return 1;
  }
  pthread_t handles[MOST_THREADS];
  part parts[MOST_THREADS];
  int failed = 0;
  for (int k = 0; k < threads; ++k) {
    part mine = {program, (int64_t)COUNT * k / threads, (int64_t)COUNT * (k + 1) / threads, 0};
    parts[k] = mine;
    if (pthread_create(&handles[k], NULL, run_part, &parts[k]) != 0) abort();
  }
  for (int k = 0; k < threads; ++k) {
    pthread_join(handles[k], NULL);
    failed |= parts[k].failed;
  }
  fv_program_release(program);
  if (!failed) printf("%s: %.17g … %.17g … %.17g\n", formula, out[0], out[COUNT / 2], out[COUNT - 1]);
  return failed;
}

int main(int count, char** words) {
  const int threads = count > 2 ? atoi(words[1]) : 0;
  if (threads < 1 || threads > MOST_THREADS) {
    fprintf(stderr, "usage: formulas THREADS FORMULA…   (1 to %d threads; a formula may use x and y)\n", MOST_THREADS);
    return 2;
  }
  for (int k = 0; k < COUNT; ++k) {
    x[k] = (double)k / COUNT;
    y[k] = 1 - x[k];
  }
  int failed = 0;
  for (int k = 2; k < count; ++k) failed |= evaluate(words[k], threads);
  return failed;
}

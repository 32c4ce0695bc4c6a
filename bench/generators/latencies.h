/* Times from submit to result, and their percentiles as the end of a line of JSON. */
#ifndef LATENCIES_H
#define LATENCIES_H
#include <stdio.h>
#include <stdlib.h>

static int by_value(const void *left, const void *right) {
  float first = *(const float *)left, second = *(const float *)right;
  return (first > second) - (first < second);
}

/* `seconds` are sorted by it. */
static void print_latencies(float *seconds, long count) {
  if (count == 0) return;
  qsort(seconds, (size_t)count, sizeof *seconds, by_value);
  printf(",\"medianUs\":%.1f,\"p99Us\":%.1f", seconds[count / 2] * 1e6, seconds[count * 99 / 100] * 1e6);
}

#endif

/* The words of the line protocol that ../README.md describes: bytes as hex, `.` for none, `@path` for long ones. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WORDS_MAX 8
#define SHORT_BYTES_MAX 4096

struct bytes {
  char *data; /* NUL-terminated, so that names can be used as strings */
  size_t size;
};

static const char *words_folder = ".";

static void die(const char *what) {
  fprintf(stderr, "%s\n", what);
  exit(3);
}

__attribute__((unused)) static struct bytes read_file(const char *path) {
  FILE *file = fopen(path, "rb");
  struct bytes bytes;
  if (!file || fseek(file, 0, SEEK_END)) die(path);
  bytes.size = (size_t)ftell(file);
  bytes.data = malloc(bytes.size + 1);
  rewind(file);
  if (!bytes.data || fread(bytes.data, 1, bytes.size, file) != bytes.size) die(path);
  bytes.data[bytes.size] = 0;
  fclose(file);
  return bytes;
}

__attribute__((unused)) static struct bytes read_word(const char *word) {
  struct bytes bytes;
  unsigned value;
  if (word[0] == '@') return read_file(word + 1);
  bytes.size = strcmp(word, ".") ? strlen(word) / 2 : 0;
  bytes.data = malloc(bytes.size + 1);
  for (size_t at = 0; at < bytes.size; at++) {
    if (sscanf(word + 2 * at, "%2x", &value) != 1) die(word);
    bytes.data[at] = (char)value;
  }
  bytes.data[bytes.size] = 0;
  return bytes;
}

/* Prints a blank and the word of these bytes. */
static void print_word(const void *data, size_t size) {
  static int files;
  char path[4096];
  FILE *file;
  if (size > SHORT_BYTES_MAX) {
    snprintf(path, sizeof path, "%s/c-%d-%d", words_folder, (int)getpid(), files++);
    file = fopen(path, "wb");
    if (!file || fwrite(data, 1, size, file) != size || fclose(file)) die(path);
    printf(" @%s", path);
    return;
  }
  printf(" %s", size ? "" : ".");
  for (size_t at = 0; at < size; at++) printf("%02x", ((const unsigned char *)data)[at]);
}

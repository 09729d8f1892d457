/* Files in a Box, whole and as streams. */
#include <boxlite/boxlite.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(boxlite_error *error) {
  if (!error) return;
  fprintf(stderr, "%s\n", boxlite_error_get_message(error));
  exit(1);
}

// #region source
static int64_t read_file(void *source, void *buffer, size_t size) {
  size_t count = fread(buffer, 1, size, source);
  return count > 0 || !ferror((FILE *)source) ? (int64_t)count : -1;
}

static void close_file(void *source) { fclose(source); }
// #endregion

int main(int count, char **arguments) {
  boxlite_error *error = NULL;
  boxlite_runtime *runtime = boxlite_runtime_open(NULL, &error);
  must(error);
  boxlite_box *box = boxlite_runtime_create(runtime, NULL, &error);
  must(error);

  // #region files
  boxlite_box_files_write(box, "/data.bin", "\0\1\2", 3, NULL, &error);
  must(error);
  boxlite_bytes *data = boxlite_box_files_read(box, "/data.bin", NULL, &error);
  must(error);
  printf("%zu bytes\n", boxlite_bytes_get_length(data));

  boxlite_file_stat_list *entries = boxlite_box_files_list(box, "/", NULL, &error);
  must(error);
  for (size_t i = 0; i < boxlite_file_stat_list_get_count(entries); i++) {
    const boxlite_file_stat *entry = boxlite_file_stat_list_get_at(entries, i);
    if (strcmp(boxlite_file_stat_get_type(entry), "file") == 0)
      printf("%s %lld\n", boxlite_file_stat_get_name(entry), (long long)boxlite_file_stat_get_size(entry));
  }
  // #endregion
  boxlite_file_stat_list_free(entries);
  boxlite_bytes_free(data);

  // #region stream
  FILE *file = fopen(count > 1 ? arguments[1] : arguments[0], "rb");
  if (!file) return 1;
  boxlite_box_files_write_from(box, "/copy", read_file, close_file, file, NULL, &error);
  must(error);

  boxlite_reader *copy = boxlite_box_files_read_stream(box, "/copy", NULL, &error);
  must(error);
  char buffer[4096];
  int64_t piece, all = 0;
  while ((piece = boxlite_reader_read(copy, buffer, sizeof buffer, &error)) > 0) all += piece;
  must(error);
  printf("%lld bytes copied\n", (long long)all);
  boxlite_reader_free(copy);
  // #endregion

  boxlite_box_free(box);
  boxlite_runtime_close(runtime, NULL, &error);
  must(error);
  boxlite_runtime_free(runtime);
}

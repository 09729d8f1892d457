/* Output as it comes, and input as it is made. */
#include <boxlite/boxlite.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(boxlite_error *error) {
  if (!error) return;
  fprintf(stderr, "%s\n", boxlite_error_get_message(error));
  exit(1);
}

int main(void) {
  boxlite_error *error = NULL;
  boxlite_runtime *runtime = boxlite_runtime_open(NULL, &error);
  must(error);
  boxlite_box *box = boxlite_runtime_create(runtime, NULL, &error);
  must(error);

  // #region output
  const char *counting[] = {"-c", "for n in 1 2 3; do echo \"$GREETING $n\"; done", NULL};
  boxlite_exec_options *options = boxlite_exec_options_new();
  boxlite_exec_options_set_env(options, "GREETING", "hi");
  boxlite_execution *execution = boxlite_box_exec(box, "sh", counting, options, &error);
  boxlite_exec_options_free(options);
  must(error);

  char buffer[4096];
  int64_t count;
  while ((count = boxlite_reader_read(boxlite_execution_get_stdout(execution), buffer, sizeof buffer, &error)) > 0)
    fwrite(buffer, 1, (size_t)count, stdout);
  must(error);

  boxlite_exit_status *status = boxlite_execution_wait(execution, &error);
  must(error);
  int64_t code;
  if (boxlite_exit_status_get_exit_code(status, &code)) printf("exit code %d\n", (int)code);
  // #endregion
  boxlite_exit_status_free(status);
  boxlite_execution_free(execution);

  // #region input
  options = boxlite_exec_options_new();
  boxlite_exec_options_set_stdin(options, "pipe");
  execution = boxlite_box_exec(box, "sort", NULL, options, &error);
  boxlite_exec_options_free(options);
  must(error);

  const char *words = "pear\napple\n";
  boxlite_writer *input = boxlite_execution_get_stdin(execution);
  boxlite_writer_write(input, words, strlen(words), &error);  // waits while the command does not read
  must(error);
  boxlite_writer_close(input);

  boxlite_bytes *sorted = boxlite_reader_read_all(boxlite_execution_get_stdout(execution), &error);
  must(error);
  fputs(boxlite_bytes_get_data(sorted), stdout);
  // #endregion

  boxlite_bytes_free(sorted);
  boxlite_execution_free(execution);
  boxlite_box_free(box);
  boxlite_runtime_close(runtime, NULL, &error);
  must(error);
  boxlite_runtime_free(runtime);
}

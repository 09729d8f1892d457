/* A command with a terminal, whose size changes. */
#include <boxlite/boxlite.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(boxlite_error *error) {
  if (!error) return;
  fprintf(stderr, "%s\n", boxlite_error_get_message(error));
  exit(1);
}

static void type(boxlite_execution *shell, const char *text) {
  boxlite_error *error = NULL;
  boxlite_writer_write(boxlite_execution_get_stdin(shell), text, strlen(text), &error);
  must(error);
}

int main(void) {
  boxlite_error *error = NULL;
  boxlite_runtime *runtime = boxlite_runtime_open(NULL, &error);
  must(error);
  boxlite_box *box = boxlite_runtime_create(runtime, NULL, &error);
  must(error);

  // #region pty
  boxlite_exec_options *options = boxlite_exec_options_new();
  boxlite_exec_options_set_tty_terminal_size(options, 24, 80);
  boxlite_exec_options_set_stdin(options, "pipe");
  boxlite_execution *shell = boxlite_box_exec(box, "sh", NULL, options, &error);
  boxlite_exec_options_free(options);
  must(error);

  boxlite_execution_resize(shell, 50, 132, &error);
  must(error);
  type(shell, "stty size; exit 3\n");

  char buffer[4096];
  int64_t count;  // a terminal mixes both streams, and echoes what is typed
  while ((count = boxlite_reader_read(boxlite_execution_get_stdout(shell), buffer, sizeof buffer, &error)) > 0)
    fwrite(buffer, 1, (size_t)count, stdout);
  must(error);
  // #endregion

  boxlite_execution_free(shell);
  boxlite_box_free(box);
  boxlite_runtime_close(runtime, NULL, &error);
  must(error);
  boxlite_runtime_free(runtime);
}

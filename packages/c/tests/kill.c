/* Programs that are in the middle of something when a process is killed: kill bridge|box|stdin|wait. tests/e2e/c.e2e.test.ts runs them. */
#include <boxlite/boxlite.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "outcome.h"

/* The one child of this process. */
static pid_t bridge(void) {
  char path[64];
  int pid = 0;
  snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
  FILE *file = fopen(path, "r");
  if (!file || fscanf(file, "%d", &pid) != 1) exit(1);
  fclose(file);
  return pid;
}

int main(int count, char **arguments) {
  if (count < 2) return 2;
  boxlite_error *error = NULL;
  boxlite_runtime *runtime = boxlite_runtime_open(NULL, &error);
  must(error);
  boxlite_box_options *options = boxlite_box_options_new();
  boxlite_box_options_set_auto_remove(options, true);
  boxlite_box *box = boxlite_runtime_create(runtime, options, &error);
  boxlite_box_options_free(options);
  must(error);
  const char *args[] = {"-c", "echo begin; sleep 1000", NULL};
  boxlite_exec_options *piped = boxlite_exec_options_new();
  boxlite_exec_options_set_stdin(piped, "pipe");
  boxlite_execution *execution = boxlite_box_exec(box, "sh", args, piped, &error);
  boxlite_exec_options_free(piped);
  must(error);
  char buffer[16];
  if (boxlite_reader_read(boxlite_execution_get_stdout(execution), buffer, sizeof buffer, &error) != 6) return 1;
  boxlite_box_info *info = boxlite_box_get_info(box, &error);
  must(error);
  int64_t pid;
  if (!boxlite_box_info_get_pid(info, &pid)) return 1;
  boxlite_box_info_free(info);
  printf("%d %d\n", (int)bridge(), (int)pid);
  fflush(stdout);
  if (strcmp(arguments[1], "wait") == 0) pause();
  kill(strcmp(arguments[1], "bridge") == 0 ? bridge() : (pid_t)pid, SIGKILL);

  if (strcmp(arguments[1], "stdin") == 0) {
    // What is written before the end is known is taken.
    while (boxlite_writer_write(boxlite_execution_get_stdin(execution), buffer, sizeof buffer, &error)) continue;
    show(error);
    error = NULL;
    boxlite_execution_wait(execution, &error);
    show(error);
    return 0;
  }

  boxlite_reader_read(boxlite_execution_get_stdout(execution), buffer, sizeof buffer, &error);
  show(error);
  error = NULL;
  boxlite_execution_wait(execution, &error);
  show(error);
  error = NULL;
  boxlite_box_info_list_free(boxlite_runtime_list(runtime, &error));
  show(error);
  boxlite_runtime_close(runtime, NULL, NULL);
  boxlite_execution_free(execution);
  boxlite_box_free(box);
  boxlite_runtime_free(runtime);
  error = NULL;
  // The next runtime has a bridge of its own.
  runtime = boxlite_runtime_open(NULL, &error);
  must(error);
  boxlite_runtime_close(runtime, NULL, &error);
  must(error);
  boxlite_runtime_free(runtime);
}

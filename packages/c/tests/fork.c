/* A program that is forked while a runtime is open: fork HOME, a home for the child's own. tests/e2e/c.e2e.test.ts runs it. */
#include <boxlite/boxlite.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "outcome.h"

static boxlite_runtime *runtime;
static boxlite_box *box;
static boxlite_execution *execution;

static void told(void *user_data, boxlite_box_info_list *list, boxlite_error *error) {
  boxlite_box_info_list_free(list);
  show(error);
  sem_post(user_data);
}

static void ended(void *user_data, boxlite_error *error) {
  show(error);
  sem_post(user_data);
}

static int64_t never(void *source, void *buffer, size_t size) {
  (void)source;
  (void)buffer;
  return (int64_t)size;
}

static void done_with(void *source) { printf("source: %s\n", (char *)source); }

static void refusals(void) {
  boxlite_error *error = NULL;
  const char *args[] = {"child", NULL};
  boxlite_box_run(box, "echo", args, NULL, &error);
  boxlite_error *named = error;
  error = NULL;
  boxlite_runtime_list(runtime, &error);
  show(error);
  sem_t done;
  sem_init(&done, 0, 0);
  boxlite_runtime_list_async(runtime, told, &done);
  sem_wait(&done);
  char buffer[16];
  error = NULL;
  boxlite_reader_read(boxlite_execution_get_stdout(execution), buffer, sizeof buffer, &error);
  show(error);
  error = NULL;
  boxlite_writer_write(boxlite_execution_get_stdin(execution), "child\n", 6, &error);
  show(error);
  boxlite_writer_write_async(boxlite_execution_get_stdin(execution), "child\n", 6, ended, &done);
  sem_wait(&done);
  const char *message = boxlite_error_get_message(named);
  char expected[64];
  snprintf(expected, sizeof expected, "(pid %d)", (int)getppid());
  size_t length = strcspn(message, "(");
  if (strncmp(message + length, expected, strlen(expected)) != 0) exit(1);
  char said[64];
  snprintf(said, sizeof said, "%.*s", (int)length - 1, message);
  show(named);
  printf("%s\n", said);
  error = NULL;
  boxlite_box_files_write_from(box, "/child", never, done_with, "done", NULL, &error);
  boxlite_error_free(error);
  // Its end is the parent's; there is nothing to do here.
  error = NULL;
  boxlite_runtime_close(runtime, NULL, &error);
  show(error);
  boxlite_runtime_close_async(runtime, NULL, ended, &done);
  sem_wait(&done);
  sem_destroy(&done);
}

static void own_runtime(const char *home) {
  boxlite_error *error = NULL;
  boxlite_runtime_options *options = boxlite_runtime_options_new();
  boxlite_runtime_options_set_home(options, home);
  boxlite_runtime *own = boxlite_runtime_open(options, &error);
  boxlite_runtime_options_free(options);
  must(error);
  boxlite_box_info_list *list = boxlite_runtime_list(own, &error);
  must(error);
  printf("%zu Boxes of its own\n", boxlite_box_info_list_get_count(list));
  boxlite_box_info_list_free(list);
  boxlite_runtime_close(own, NULL, &error);
  must(error);
  boxlite_runtime_free(own);
}

int main(int count, char **arguments) {
  if (count < 2) return 2;
  boxlite_error *error = NULL;
  runtime = boxlite_runtime_open(NULL, &error);
  must(error);
  boxlite_box_options *options = boxlite_box_options_new();
  boxlite_box_options_set_auto_remove(options, true);
  box = boxlite_runtime_create(runtime, options, &error);
  boxlite_box_options_free(options);
  must(error);
  boxlite_exec_options *piped = boxlite_exec_options_new();
  boxlite_exec_options_set_stdin(piped, "pipe");
  execution = boxlite_box_exec(box, "cat", NULL, piped, &error);
  boxlite_exec_options_free(piped);
  must(error);
  fflush(stdout);

  pid_t child = fork();
  if (child == 0) {
    refusals();
    boxlite_writer_close(boxlite_execution_get_stdin(execution));
    boxlite_reader_close(boxlite_execution_get_stdout(execution));
    boxlite_execution_free(execution);
    boxlite_box_free(box);
    boxlite_runtime_free(runtime);
    own_runtime(arguments[1]);
    // Not by _exit: what the library has for the end of a program does no harm either.
    exit(0);
  }
  int status;
  waitpid(child, &status, 0);
  printf("child: %d\n", status);
  boxlite_writer_write(boxlite_execution_get_stdin(execution), "parent\n", 7, &error);
  must(error);
  boxlite_writer_close(boxlite_execution_get_stdin(execution));
  boxlite_bytes *data = boxlite_reader_read_all(boxlite_execution_get_stdout(execution), &error);
  must(error);
  fputs(boxlite_bytes_get_data(data), stdout);
  boxlite_bytes_free(data);
  const char *args[] = {"parent", NULL};
  boxlite_run_result *result = boxlite_box_run(box, "echo", args, NULL, &error);
  must(error);
  fputs(boxlite_run_result_get_stdout(result), stdout);
  boxlite_run_result_free(result);
  fflush(stdout);

  // One that lives on has a copy of the socket; the end is not held up by that.
  int ends[2];
  if (pipe(ends) != 0) return 1;
  child = fork();
  if (child == 0) {
    char byte;
    close(ends[1]);
    _exit(read(ends[0], &byte, 1) != 0);
  }
  boxlite_runtime_close(runtime, NULL, &error);
  show(error);
  boxlite_execution_free(execution);
  boxlite_box_free(box);
  boxlite_runtime_free(runtime);
  if (waitpid(child, &status, WNOHANG) == 0) printf("child lives\n");
  close(ends[1]);
  waitpid(child, &status, 0);
}

/* What a program does with the library, in both styles and in many threads; tests/e2e/c.e2e.test.ts runs it alone, under valgrind and with ASan. */
#include <boxlite/boxlite.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "outcome.h"

#define THREADS 8

static void refusals(boxlite_runtime *runtime, boxlite_box *box) {
  boxlite_error *error = NULL;
  boxlite_box_exec(box, "no-such-command", NULL, NULL, &error);
  printf("%d ", boxlite_error_get_code(error) == BOXLITE_ERROR_EXECUTION);
  show(error);
  boxlite_box_run(NULL, "true", NULL, NULL, &error);
  show(error);
  boxlite_box_run(box, NULL, NULL, NULL, &error);
  show(error);
  boxlite_box_run(box, "\xff", NULL, NULL, &error);
  show(error);
  boxlite_runtime_get(runtime, "nothing", NULL);  // an error that nobody asks for
  boxlite_run_options *options = boxlite_run_options_new();
  boxlite_run_options_set_check(options, true);
  const char *args[] = {"-c", "echo so far; exit 3", NULL};
  boxlite_box_run(box, "sh", args, options, &error);
  boxlite_run_options_free(options);
  printf("%s", boxlite_run_result_get_stdout(boxlite_error_get_result(error)));
  show(error);
}

// #region cancel
static void *cancel_soon(void *cancellation) {
  boxlite_cancellation_cancel(cancellation);
  return NULL;
}

static void cancelled(boxlite_box *box) {
  boxlite_error *error = NULL;
  boxlite_cancellation *cancellation = boxlite_cancellation_new();
  boxlite_run_options *options = boxlite_run_options_new();
  boxlite_run_options_set_cancellation(options, cancellation);

  pthread_t other;
  pthread_create(&other, NULL, cancel_soon, cancellation);
  const char *args[] = {"1000", NULL};
  boxlite_box_run(box, "sleep", args, options, &error);  // another thread cancels it
  if (boxlite_error_get_code(error) == BOXLITE_ERROR_ABORTED) printf("given up, and killed\n");
  // #endregion
  pthread_join(other, NULL);
  boxlite_error_free(error);
  boxlite_box_run(box, "true", NULL, options, &error);  // cancelled from the start
  show(error);
  boxlite_run_options_free(options);
  boxlite_cancellation_free(cancellation);
}

/* A chain of callbacks: each begins what comes next. */
typedef struct {
  sem_t done;
  boxlite_execution *execution;
  size_t length;
  int ends;
} chain;

static void waited(void *user_data, boxlite_exit_status *status, boxlite_error *error) {
  must(error);
  chain *own = user_data;
  int64_t code = -1;
  boxlite_exit_status_get_exit_code(status, &code);
  printf("callbacks: %zu bytes, exit code %d\n", own->length, (int)code);
  boxlite_exit_status_free(status);
  boxlite_execution_free(own->execution);
  sem_post(&own->done);
}

static void read_on(void *user_data, boxlite_bytes *bytes, boxlite_error *error) {
  must(error);
  chain *own = user_data;
  if (!bytes) {
    boxlite_execution_wait_async(own->execution, waited, own);
    return;
  }
  own->length += boxlite_bytes_get_length(bytes);
  boxlite_bytes_free(bytes);
  boxlite_reader_read_async(boxlite_execution_get_stdout(own->execution), read_on, own);
}

static void closed(void *user_data, boxlite_error *error) {
  must(error);
  boxlite_writer_close(boxlite_execution_get_stdin(((chain *)user_data)->execution));
}

static void begun(void *user_data, boxlite_execution *execution, boxlite_error *error) {
  must(error);
  chain *own = user_data;
  own->execution = execution;
  // A call that waits is allowed in a callback, too.
  boxlite_exit_status_free(NULL);
  size_t size = 1 << 20;
  char *data = calloc(size, 1);
  boxlite_writer_write_async(boxlite_execution_get_stdin(execution), data, size, closed, own);
  free(data);
  boxlite_reader_read_async(boxlite_execution_get_stdout(execution), read_on, own);
}

static void callbacks(boxlite_box *box) {
  chain own = {0};
  sem_init(&own.done, 0, 0);
  boxlite_exec_options *options = boxlite_exec_options_new();
  boxlite_exec_options_set_stdin(options, "pipe");
  boxlite_box_exec_async(box, "cat", NULL, options, begun, &own);
  boxlite_exec_options_free(options);
  sem_wait(&own.done);
  sem_destroy(&own.done);
}

typedef struct {
  size_t left;
  sem_t done;
} numbers;

static int64_t read_numbers(void *source, void *buffer, size_t size) {
  numbers *own = source;
  size_t count = own->left < size ? own->left : size;
  memset(buffer, 'x', count);
  own->left -= count;
  return (int64_t)count;
}

static int64_t read_badly(void *source, void *buffer, size_t size) {
  (void)source, (void)buffer, (void)size;
  return -1;
}

static void done_with(void *source) { sem_post(&((numbers *)source)->done); }

static void sources(boxlite_box *box) {
  boxlite_error *error = NULL;
  numbers own = {.left = 3000000};
  sem_init(&own.done, 0, 0);
  boxlite_run_options *options = boxlite_run_options_new();
  boxlite_run_options_set_stdin_stream(options, read_numbers, done_with, &own);
  const char *args[] = {"-c", NULL};
  boxlite_run_result *result = boxlite_box_run(box, "wc", args, options, &error);
  must(error);
  printf("wc: %s", boxlite_run_result_get_stdout(result));
  sem_wait(&own.done);
  boxlite_run_result_free(result);
  // One that nobody reads is let go of as well.
  own.left = 3000000;
  result = boxlite_box_run(box, "true", NULL, options, &error);
  must(error);
  sem_wait(&own.done);
  boxlite_run_result_free(result);
  boxlite_run_options_free(options);
  boxlite_box_files_write_from(box, "/broken", read_badly, done_with, &own, NULL, &error);
  sem_wait(&own.done);
  show(error);
  boxlite_error *absent = NULL;
  boxlite_box_files_stat(box, "/broken", NULL, &absent);
  show(absent);
  sem_destroy(&own.done);
}

static void *work(void *shared) {
  boxlite_box *box = shared;
  for (int i = 0; i < 3; i++) {
    boxlite_error *error = NULL;
    char text[32];
    snprintf(text, sizeof text, "%lu-%d", (unsigned long)pthread_self(), i);
    const char *args[] = {text, NULL};
    boxlite_run_result *result = boxlite_box_run(box, "echo", args, NULL, &error);
    must(error);
    if (strncmp(boxlite_run_result_get_stdout(result), text, strlen(text)) != 0) abort();
    boxlite_run_result_free(result);
    boxlite_box_info *info = boxlite_box_get_info(box, &error);
    must(error);
    if (boxlite_box_info_get_pid(info, NULL) == false) abort();
    boxlite_box_info_free(info);
  }
  boxlite_box_free(box);
  return NULL;
}

static void threads(boxlite_box *box) {
  pthread_t all[THREADS];
  for (int i = 0; i < THREADS; i++) pthread_create(&all[i], NULL, work, boxlite_box_share(box));
  for (int i = 0; i < THREADS; i++) pthread_join(all[i], NULL);
  printf("%d threads\n", THREADS);
}

static void *stop_stream(void *stream) {
  boxlite_file_event_stream_close(stream);
  return NULL;
}

static void events(boxlite_box *box) {
  boxlite_error *error = NULL;
  boxlite_file_event_stream *stream = boxlite_box_files_watch(box, "/tmp", NULL, &error);
  must(error);
  boxlite_box_files_write(box, "/tmp/new", "", 0, NULL, &error);
  must(error);
  boxlite_file_event *event = boxlite_file_event_stream_next(stream, &error);
  must(error);
  printf("event: %s\n", boxlite_file_event_get_type(event));
  boxlite_file_event_free(event);
  pthread_t other;
  pthread_create(&other, NULL, stop_stream, stream);
  while ((event = boxlite_file_event_stream_next(stream, &error))) boxlite_file_event_free(event);
  must(error);
  pthread_join(other, NULL);
  boxlite_file_event_stream_free(stream);
}

static atomic_int told;

static void progress(void *user_data, const boxlite_progress_event *event) {
  (void)user_data;
  if (boxlite_progress_event_get_operation(event)) told++;
}

static void ended(void *user_data, boxlite_error *error) {
  must(error);
  sem_post(user_data);
}

int main(void) {
  boxlite_error *error = NULL;
  boxlite_runtime_options *options = boxlite_runtime_options_new();
  boxlite_runtime_options_set_on_progress(options, progress, NULL);
  boxlite_runtime *runtime = boxlite_runtime_open(options, &error);
  boxlite_runtime_options_free(options);
  must(error);
  printf("%s %d\n", boxlite_version(), strcmp(boxlite_version(), BOXLITE_VERSION));
  boxlite_box_options *machine = boxlite_box_options_new();
  boxlite_box_options_set_auto_remove(machine, true);
  boxlite_box_options_set_label(machine, "some.key", "12");
  boxlite_box *box = boxlite_runtime_create(runtime, machine, &error);
  boxlite_box_options_free(machine);
  must(error);
  boxlite_box_info *info = boxlite_box_get_info(box, &error);
  must(error);
  printf("label: %s\n", boxlite_text_map_find(boxlite_box_info_get_labels(info), "some.key"));
  boxlite_box_info_free(info);

  refusals(runtime, box);
  cancelled(box);
  callbacks(box);
  sources(box);
  threads(box);
  events(box);

  sem_t done;
  sem_init(&done, 0, 0);
  boxlite_runtime_close_async(runtime, NULL, ended, &done);
  sem_wait(&done);
  boxlite_runtime_list(runtime, &error);
  show(error);
  error = NULL;
  boxlite_box_get_info(box, &error);
  show(error);
  boxlite_box_free(box);
  // It can be closed again, in both styles.
  error = NULL;
  boxlite_runtime_close(runtime, NULL, &error);
  show(error);
  boxlite_runtime_close_async(runtime, NULL, ended, &done);
  sem_wait(&done);
  sem_destroy(&done);
  boxlite_runtime_free(runtime);
  printf("progress: %s\n", told > 0 ? "told" : "none");
}

/* Clones of a Box that runs, which work at the same time: each call calls back when it has ended. */
#include <boxlite/boxlite.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>

#define CLONES 3

static void must(boxlite_error *error) {
  if (!error) return;
  fprintf(stderr, "%s\n", boxlite_error_get_message(error));
  exit(1);
}

// #region callback
typedef struct {
  sem_t *done;
  boxlite_run_result *result;
} job;

static void ended(void *user_data, boxlite_run_result *result, boxlite_error *error) {
  must(error);
  job *own = user_data;
  own->result = result;
  sem_post(own->done);
}
// #endregion

int main(void) {
  boxlite_error *error = NULL;
  boxlite_runtime *runtime = boxlite_runtime_open(NULL, &error);
  must(error);
  boxlite_box *parent = boxlite_runtime_create(runtime, NULL, &error);
  must(error);
  boxlite_box_files_write(parent, "/prepared", "by the parent", 13, NULL, &error);
  must(error);

  // #region clone
  boxlite_clone_options *options = boxlite_clone_options_new();
  boxlite_clone_options_set_count(options, CLONES);
  boxlite_box_list *clones = boxlite_box_clone(parent, options, &error);
  boxlite_clone_options_free(options);
  must(error);

  sem_t done;
  sem_init(&done, 0, 0);
  job jobs[CLONES];
  for (size_t i = 0; i < CLONES; i++) {
    char number[8];
    snprintf(number, sizeof number, "%zu", i);
    const char *args[] = {"-c", "echo \"$0: prepared $(cat /prepared)\"", number, NULL};
    jobs[i] = (job){.done = &done};
    boxlite_box_run_async(boxlite_box_list_get_at(clones, i), "sh", args, NULL, ended, &jobs[i]);
  }
  for (size_t i = 0; i < CLONES; i++) sem_wait(&done);
  // #endregion

  for (size_t i = 0; i < CLONES; i++) {
    fputs(boxlite_run_result_get_stdout(jobs[i].result), stdout);
    boxlite_run_result_free(jobs[i].result);
  }
  sem_destroy(&done);
  boxlite_box_list_free(clones);
  boxlite_box_free(parent);
  boxlite_runtime_close(runtime, NULL, &error);
  must(error);
  boxlite_runtime_free(runtime);
}

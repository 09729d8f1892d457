/* A Box that is put back to what it was, its processes included. */
#include <boxlite/boxlite.h>
#include <stdio.h>
#include <stdlib.h>

static void must(boxlite_error *error) {
  if (!error) return;
  fprintf(stderr, "%s\n", boxlite_error_get_message(error));
  exit(1);
}

static void shell(boxlite_box *box, const char *command) {
  boxlite_error *error = NULL;
  const char *args[] = {"-c", command, NULL};
  boxlite_run_result *result = boxlite_box_run(box, "sh", args, NULL, &error);
  must(error);
  fputs(boxlite_run_result_get_stdout(result), stdout);
  boxlite_run_result_free(result);
}

int main(void) {
  boxlite_error *error = NULL;
  boxlite_runtime *runtime = boxlite_runtime_open(NULL, &error);
  must(error);
  boxlite_box *box = boxlite_runtime_create(runtime, NULL, &error);
  must(error);

  // #region snapshot
  shell(box, "echo precious > /data; echo in memory > /dev/shm/data");
  boxlite_snapshot_info *snapshot = boxlite_box_snapshots_create(box, "before", &error);
  must(error);
  printf("snapshot %s, %s\n", boxlite_snapshot_info_get_name(snapshot),
         boxlite_snapshot_info_get_memory(snapshot) ? "with memory" : "disk only");

  shell(box, "rm /data /dev/shm/data");
  boxlite_box_snapshots_restore(box, "before", NULL, &error);  // goes on from there
  must(error);
  shell(box, "cat /data /dev/shm/data");
  // #endregion

  boxlite_snapshot_info_free(snapshot);
  boxlite_box_free(box);
  boxlite_runtime_close(runtime, NULL, &error);
  must(error);
  boxlite_runtime_free(runtime);
}

/*
 * The tool of an AI agent that runs code which nobody has read: agent_tool 'echo hi' prints what came of it.
 * The code has a machine of its own, without network, little memory, and ten seconds.
 */
#include <boxlite/boxlite.h>
#include <stdio.h>
#include <stdlib.h>

static void must(boxlite_error *error) {
  if (!error) return;
  fprintf(stderr, "%s\n", boxlite_error_get_message(error));
  exit(1);
}

// #region tool
static void run_code(boxlite_runtime *runtime, const char *code) {
  boxlite_error *error = NULL;
  boxlite_box_options *machine = boxlite_box_options_new();
  boxlite_box_options_set_memory_mib(machine, 256);
  boxlite_box_options_set_network_none(machine);
  boxlite_box_options_set_pids_limit(machine, 64);
  boxlite_box_options_set_auto_remove(machine, true);  // with all that the code has written
  boxlite_box *box = boxlite_runtime_create(runtime, machine, &error);
  boxlite_box_options_free(machine);
  must(error);

  boxlite_run_options *limits = boxlite_run_options_new();
  boxlite_run_options_set_timeout_ms(limits, 10000);
  boxlite_run_options_set_max_buffer(limits, 1 << 20);
  boxlite_run_options_set_user(limits, "nobody");
  const char *args[] = {"-c", code, NULL};
  boxlite_run_result *result = boxlite_box_run(box, "sh", args, limits, &error);
  boxlite_run_options_free(limits);

  int64_t exit_code;
  if (error) {
    printf("failed: %s (%s)\n", boxlite_error_get_message(error), boxlite_error_get_code_name(error));
  } else if (boxlite_run_result_get_timed_out(result)) {
    printf("took too long\n");
  } else if (boxlite_run_result_get_exit_code(result, &exit_code)) {
    printf("exit code: %d\noutput:\n%s", (int)exit_code, boxlite_run_result_get_stdout(result));
    printf("errors:\n%s", boxlite_run_result_get_stderr(result));
  } else {
    printf("killed by %s\n", boxlite_run_result_get_signal(result));
  }
  boxlite_run_result_free(result);
  boxlite_error_free(error);
  boxlite_box_stop(box, NULL, NULL);
  boxlite_box_free(box);
}
// #endregion

int main(int count, char **arguments) {
  boxlite_error *error = NULL;
  boxlite_runtime *runtime = boxlite_runtime_open(NULL, &error);
  must(error);
  for (int i = 1; i < count; i++) run_code(runtime, arguments[i]);
  boxlite_runtime_close(runtime, NULL, &error);
  must(error);
  boxlite_runtime_free(runtime);
}

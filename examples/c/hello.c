/* A command in a virtual machine. */
#include <boxlite/boxlite.h>
#include <stdio.h>

int main(void) {
  // #region hello
  boxlite_error *error = NULL;
  boxlite_runtime *runtime = boxlite_runtime_open(NULL, &error);
  boxlite_box *box = error ? NULL : boxlite_runtime_create(runtime, NULL, &error);

  const char *args[] = {"hello from a VM", NULL};
  boxlite_run_result *result = error ? NULL : boxlite_box_run(box, "echo", args, NULL, &error);
  if (result) fputs(boxlite_run_result_get_stdout(result), stdout);
  // #endregion

  // #region end
  if (error) fprintf(stderr, "%s\n", boxlite_error_get_message(error));
  int code = error ? 1 : 0;
  boxlite_error_free(error);
  boxlite_run_result_free(result);
  boxlite_box_free(box);
  boxlite_runtime_close(runtime, NULL, NULL);  // stops its Boxes
  boxlite_runtime_free(runtime);
  return code;
  // #endregion
}

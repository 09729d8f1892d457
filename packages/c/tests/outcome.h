/* What the programs of these tests do with how a call has ended. */
#include <boxlite/boxlite.h>
#include <stdio.h>
#include <stdlib.h>

static void must(boxlite_error *error) {
  if (!error) return;
  fprintf(stderr, "%s\n", boxlite_error_get_message(error));
  exit(1);
}

static void show(boxlite_error *error) {
  const char *reason = error ? boxlite_error_get_reason(error) : NULL;
  printf("%s %s\n", error ? boxlite_error_get_code_name(error) : "no error", reason ? reason : "-");
  boxlite_error_free(error);
}

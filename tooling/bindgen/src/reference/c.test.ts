import { emitCReference } from './c.js';

const HEADER = `#include <stddef.h>

typedef enum boxlite_error_code {
  BOXLITE_ERROR_NOT_FOUND = 1
} boxlite_error_code;

/* ------- Boxes */

/**
 * Gives what is
 * there.
 *
 * Fails with \`BOXLITE_ERROR_NOT_FOUND\`.
 */
BOXLITE_API int boxlite_box_take(boxlite_box *box, boxlite_error **error);
BOXLITE_API void boxlite_box_take_async(boxlite_box *box, boxlite_callback callback, void *user_data);
/** Lets go of it. */
BOXLITE_API void boxlite_box_free(boxlite_box *box);

/* ------- Options */

BOXLITE_API boxlite_take_options *boxlite_take_options_new(void);
/** How long. */
BOXLITE_API void boxlite_take_options_set_wait_ms(boxlite_take_options *options, double wait_ms);

#ifdef __cplusplus
}
#endif
`;

it('has the header’s sections, with both forms of a call under one name', () => {
  expect(emitCReference(HEADER)).toContain(
    [
      '## Boxes\n\n### boxlite_box_take\n\n```c',
      'int boxlite_box_take(boxlite_box *box, boxlite_error **error);',
      'void boxlite_box_take_async(boxlite_box *box, boxlite_callback callback, void *user_data);',
      '```\n\nGives what is\nthere.\n\nFails with `BOXLITE_ERROR_NOT_FOUND`.\n\n### boxlite_box_free\n',
    ].join('\n'),
  );
});

it('has what can be set of options in one piece, and the codes of errors', () => {
  const page = emitCReference(HEADER);
  expect(page).toContain(
    '### boxlite_take_options\n\n```c\nboxlite_take_options *boxlite_take_options_new(void);\n// How long.\nvoid boxlite_take',
  );
  expect(page).toContain('## Error codes\n\n```c\ntypedef enum boxlite_error_code {\n  BOXLITE_ERROR_NOT_FOUND = 1\n}');
  expect(page).not.toContain('#endif');
});

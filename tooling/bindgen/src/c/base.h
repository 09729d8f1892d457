/* ---------------------------------------------------------------- Errors */

/** What has gone wrong. In a call that waits it is written to where the last argument points, unless that is NULL. */
typedef struct boxlite_error boxlite_error;

/** The code; an error of a newer bridge that this library does not know is BOXLITE_ERROR_INTERNAL. */
BOXLITE_API boxlite_error_code boxlite_error_get_code(const boxlite_error *error);
/** The code as TypeScript has it: "NotFound". */
BOXLITE_API const char *boxlite_error_get_code_name(const boxlite_error *error);
/** What has failed, on what, and what to do about it. */
BOXLITE_API const char *boxlite_error_get_message(const boxlite_error *error);
/** What a program can branch on inside a code: "command-not-found", or an errno's name such as "ENOENT". NULL where there is none. */
BOXLITE_API const char *boxlite_error_get_reason(const boxlite_error *error);
/** The message of what was behind it. NULL where there is none. */
BOXLITE_API const char *boxlite_error_get_cause(const boxlite_error *error);
/** What a command had come to that the option `check` has refused. NULL for other errors. */
BOXLITE_API const boxlite_run_result *boxlite_error_get_result(const boxlite_error *error);
BOXLITE_API void boxlite_error_free(boxlite_error *error);

/* ---------------------------------------------------------------- Texts and bytes */

/** The version of this library. */
BOXLITE_API const char *boxlite_version(void);

/** How many bytes a text has that this library has given, with the NULs that may be in what a command prints. 0 for NULL. */
BOXLITE_API size_t boxlite_text_length(const char *text);

/** Bytes or a text, with a NUL after them. */
typedef struct boxlite_bytes boxlite_bytes;
BOXLITE_API const char *boxlite_bytes_get_data(const boxlite_bytes *bytes);
BOXLITE_API size_t boxlite_bytes_get_length(const boxlite_bytes *bytes);
BOXLITE_API void boxlite_bytes_free(boxlite_bytes *bytes);

/* ---------------------------------------------------------------- Callbacks */

/** Told that a call has ended, and the error if it has failed. */
typedef void (*boxlite_callback)(void *user_data, boxlite_error *error);
/** As boxlite_callback, with 1 for yes, 0 for no, -1 with an error. */
typedef void (*boxlite_truth_callback)(void *user_data, int result, boxlite_error *error);
/** As boxlite_callback, with what the call gives: NULL with an error, and at the end of a stream. */
typedef void (*boxlite_bytes_callback)(void *user_data, boxlite_bytes *bytes, boxlite_error *error);

/**
 * Reads up to `size` bytes, of what the program sends, into `buffer`: returns their number, 0 at the end, -1 when it cannot go on.
 * It is called in a thread of its own and may wait.
 */
typedef int64_t (*boxlite_read_function)(void *source, void *buffer, size_t size);
/** Told that a boxlite_read_function is not called any more: the place to let go of its source. */
typedef void (*boxlite_done_function)(void *source);

/* ---------------------------------------------------------------- Cancelling */

/** Cancels the calls whose options have it, which fail with BOXLITE_ERROR_ABORTED. */
typedef struct boxlite_cancellation boxlite_cancellation;
BOXLITE_API boxlite_cancellation *boxlite_cancellation_new(void);
/** In any thread; idempotent. Calls to come are cancelled as well. */
BOXLITE_API void boxlite_cancellation_cancel(boxlite_cancellation *cancellation);
BOXLITE_API void boxlite_cancellation_free(boxlite_cancellation *cancellation);

/* ---------------------------------------------------------------- Streams of bytes */

/** Bytes as they come: what a command prints, or what is in a file. What is not read holds back who writes it. */
typedef struct boxlite_reader boxlite_reader;
/** Reads what is there, `size` bytes at most; waits for the first. Returns their number, 0 at the end, -1 with an error. */
BOXLITE_API int64_t boxlite_reader_read(boxlite_reader *reader, void *buffer, size_t size, boxlite_error **error);
/** All that is left, to the end. */
BOXLITE_API boxlite_bytes *boxlite_reader_read_all(boxlite_reader *reader, boxlite_error **error);
/** Gives the callback the next piece; NULL at the end. */
BOXLITE_API void boxlite_reader_read_async(boxlite_reader *reader, boxlite_bytes_callback callback, void *user_data);
/** Takes no more: what is read from now on is the end. A command that goes on printing is not held back by that. */
BOXLITE_API void boxlite_reader_close(boxlite_reader *reader);
/** Of a reader that a call gave; one that belongs to an execution goes with that. */
BOXLITE_API void boxlite_reader_free(boxlite_reader *reader);

/** What a command reads. It belongs to its execution. */
typedef struct boxlite_writer boxlite_writer;
/**
 * Hands over bytes; waits while the command does not read. BOXLITE_ERROR_INVALID_STATE, reason "stream-closed", when nobody reads any more;
 * what the Box has failed with, if it has.
 */
BOXLITE_API bool boxlite_writer_write(boxlite_writer *writer, const void *data, size_t length, boxlite_error **error);
/** As boxlite_writer_write; the bytes are copied. Tells the callback when they are taken. */
BOXLITE_API void boxlite_writer_write_async(boxlite_writer *writer, const void *data, size_t length, boxlite_callback callback, void *user_data);
/** The command reads an end of file, after what was written; it can go on printing. Idempotent. */
BOXLITE_API void boxlite_writer_close(boxlite_writer *writer);

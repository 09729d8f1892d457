import type { Readable } from 'node:stream';

/** How to run a command in a Box. */
export interface ExecOptions {
  /** Added to, or put in place of, the container's environment. */
  env?: Readonly<Record<string, string>> | undefined;
  /** Absolute. @defaultValue the container's */
  workingDir?: string | undefined;
  /** `name|uid[:group|gid]`. @defaultValue the container's */
  user?: string | undefined;
  /**
   * Give the command a terminal of its own, of this size (24 rows and 80 columns by default), as its controlling one, and `TERM=xterm`
   * unless the environment has another. `stdout` then carries all that the terminal shows, with its line ends (CR LF), and `stderr` is
   * ended. What is written to `stdin` is typed: a Ctrl-C (`\x03`) interrupts what is in the foreground. The end of `stdin` is typed as
   * Ctrl-D; without `stdin` nobody types. When the program that started the command has gone, the terminal hangs up (SIGHUP).
   * @defaultValue false
   */
  tty?: boolean | { rows: number; columns: number } | undefined;
  /**
   * `'pipe'`: the Execution's `stdin` is written by the caller. `'closed'`: the command reads an end of file.
   * Anything else is what the command reads; a Readable is destroyed when the command stops reading before its end.
   * @defaultValue `'closed'`; to give the command one of these two words, use a Buffer
   */
  stdin?: 'pipe' | 'closed' | Readable | Uint8Array | string | undefined;
  /** After this many milliseconds the command gets SIGTERM, 5 s later SIGKILL, and its ExitStatus says `timedOut`. None by default. */
  timeoutMs?: number | undefined;
  /** When it fires, the command is killed, and its streams and `wait` fail with an AbortError. */
  signal?: AbortSignal | undefined;
}

/** How to run a command in a Box and collect what it prints. */
export interface RunOptions extends Omit<ExecOptions, 'stdin'> {
  /** What the command reads. @defaultValue `'closed'` */
  stdin?: Exclude<ExecOptions['stdin'], 'pipe'>;
  /** Reject with an `Execution` error when the command ends with anything but exit code 0. @defaultValue false */
  check?: boolean | undefined;
  /** How output becomes a string; `'buffer'` leaves it as bytes. @defaultValue `'utf8'` */
  encoding?: BufferEncoding | 'buffer' | undefined;
  /** Most bytes of stdout, and of stderr; a command that prints more is killed. @defaultValue 64 MiB */
  maxBuffer?: number | undefined;
}

import { mkdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { createStream, type RotatingFileStream } from 'rotating-file-stream';

type Fields = Readonly<Record<string, string | number | boolean | null>>;

const KEPT_DAYS = 14;

/** The runtime's log: a JSON object a line in `logs/boxlite.log`, one file a day, the last 14 days kept. */
export class Logger {
  readonly #stream: RotatingFileStream;
  readonly #ended: Promise<void>;

  constructor(path: string) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const name = basename(path, '.log');
    this.#stream = createStream((time) => (time instanceof Date ? `${name}-${time.toISOString().slice(0, 10)}.log` : `${name}.log`), {
      path: dirname(path),
      interval: '1d',
      intervalUTC: true,
      initialRotation: true,
      maxFiles: KEPT_DAYS,
      mode: 0o600,
    });
    this.#ended = new Promise((resolve) => {
      this.#stream.once('close', () => {
        resolve();
      });
    });
    // A log that cannot be written must not take the Boxes with it.
    this.#stream.on('error', () => undefined);
  }

  info(message: string, fields: Fields = {}): void {
    this.#write('info', message, fields);
  }

  warn(message: string, fields: Fields = {}): void {
    this.#write('warn', message, fields);
  }

  error(message: string, fields: Fields = {}): void {
    this.#write('error', message, fields);
  }

  close(): Promise<void> {
    this.#stream.end();
    return this.#ended;
  }

  #write(level: string, message: string, fields: Fields): void {
    this.#stream.write(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...fields })}\n`);
  }
}

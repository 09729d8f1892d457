const started = Date.now();

/** One line of progress; on stderr, because stdout belongs to the command that `./dev` runs. */
export const log = (message: string): void => {
  const seconds = ((Date.now() - started) / 1000).toFixed(1).padStart(6);
  process.stderr.write(`[set-up ${seconds} s] ${message}\n`);
};

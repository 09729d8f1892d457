import { readFile } from 'node:fs/promises';
import type { Difference } from './compare.js';

/** Differences that are meant to be. Regular expressions are matched against the whole name or line. */
interface Intended {
  commands: string;
  stream?: Difference['stream'];
  side?: Difference['side'];
  line: string;
  reason: string;
  /** Shows on some hosts only, since runc's containers have the host's kernel and no higher limits than it. */
  dependsOnHost?: boolean;
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

const check = (entry: Partial<Record<keyof Intended, unknown>>, index: number): Intended => {
  if (!isText(entry.commands) || !isText(entry.line) || !isText(entry.reason))
    throw new Error(`intended difference ${String(index + 1)} lacks commands, line or reason`);
  return entry as Intended;
};

const whole = (pattern: string): RegExp => new RegExp(`^(?:${pattern})$`, 's');

/** The list of what may differ; knows at the end which of its entries nothing needed. */
export class IntendedDifferences {
  readonly #used = new Set<Intended>();

  constructor(private readonly entries: readonly Intended[]) {}

  static async read(path: string): Promise<IntendedDifferences> {
    const content: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (!Array.isArray(content)) throw new Error(`${path} must hold a list`);
    return new IntendedDifferences(content.map(check));
  }

  /** Why this one is meant to be; undefined when it is not. */
  reason(difference: Difference): string | undefined {
    const found = this.entries.filter(
      ({ commands, stream, side, line }) =>
        whole(commands).test(difference.command) &&
        (stream === undefined || stream === difference.stream) &&
        (side === undefined || side === difference.side) &&
        whole(line).test(difference.line),
    );
    for (const entry of found) this.#used.add(entry);
    return found[0]?.reason;
  }

  /** Entries that matched no difference: they hide the next one that looks like them. */
  unused(): readonly Intended[] {
    return this.entries.filter((entry) => entry.dependsOnHost !== true && !this.#used.has(entry));
  }
}

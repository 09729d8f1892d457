import { readFileSync } from 'node:fs';

/** What the generator is told beside the source; see `overrides.json`. */
export interface Overrides {
  /** Public members that no binding has, by `Class.member`, `Struct.field` or the name of an export; each with the reason. */
  leftOut: Readonly<Record<string, string>>;
  /** Names for types that have none in TypeScript, by the name that their place would give them. */
  names: Readonly<Record<string, string>>;
  /** Methods for what TypeScript tells apart by the value of an option, by `Class.method`. */
  variants: Readonly<Record<string, Variant>>;
  /** Texts that are paths of the host, by `Struct.field` or `Class.method.parameter`; each with what says so. */
  hostPaths: Readonly<Record<string, string>>;
}

/** A method of bindings that calls another one with an option set, which changes the type of its result. */
export interface Variant {
  of: string;
  options: Readonly<Record<string, string>>;
  /** The name of its result: that of the other one with bytes in these fields. */
  result: string;
  bytes: readonly string[];
  doc: string;
}

export const readOverrides = (path: string): Overrides => JSON.parse(readFileSync(path, 'utf8')) as Overrides;

/** Notes which overrides were of use: one that is not has outlived what it was for. */
export class OverrideUse {
  readonly #used = new Set<string>();

  constructor(private readonly overrides: Omit<Overrides, 'variants' | 'hostPaths'>) {}

  isLeftOut(name: string): boolean {
    if (!(name in this.overrides.leftOut)) return false;
    this.#used.add(name);
    return true;
  }

  nameOf(place: string): string {
    const name = this.overrides.names[place];
    if (name === undefined) return place;
    this.#used.add(place);
    return name;
  }

  get unused(): string[] {
    return [...Object.keys(this.overrides.leftOut), ...Object.keys(this.overrides.names)].filter((name) => !this.#used.has(name));
  }
}

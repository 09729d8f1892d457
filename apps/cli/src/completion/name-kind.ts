import type { Argument, Command } from 'commander';

/** The hidden command that prints names. */
export const NAMES_COMMAND = '__names';

/** What a home has names for. */
export const NAME_KINDS = ['boxes', 'images', 'boxes-and-images', 'volumes', 'snapshots'] as const;
export type NameKind = (typeof NAME_KINDS)[number];

/** Arguments are called by what they are a name of. */
const KIND_OF: Readonly<Record<string, NameKind>> = {
  box: 'boxes',
  image: 'images',
  'box|image': 'boxes-and-images',
  volume: 'volumes',
  snapshot: 'snapshots',
  // Of 'run': an image, and then a command.
  arguments: 'images',
};

const goesOn = (argument: Argument): boolean => argument.variadic && argument.name() !== 'arguments';

/** Names that a command takes: at a place among its arguments, counted from 0, or, with `on`, at all places from there. */
export interface NamePlace {
  readonly at: number;
  readonly on: boolean;
  readonly kind: NameKind;
}

export const namePlaces = ({ registeredArguments }: Command): NamePlace[] =>
  registeredArguments.flatMap((argument, at) => {
    const kind = KIND_OF[argument.name()];
    return kind === undefined ? [] : [{ at, on: goesOn(argument), kind }];
  });

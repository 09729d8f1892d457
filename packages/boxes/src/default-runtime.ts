/**
 * The runtime of Boxes that were given none: one for the process, with the home that `BOXLITE_HOME` names, or `~/.boxlite`. It is opened for
 * the first Box that needs it and closed after the last, so that a program ends when its Boxes have, and others may have the home.
 */
import { BoxliteRuntime } from '@boxlite/core';

export interface HeldRuntime {
  readonly runtime: BoxliteRuntime;
  /** Closes the runtime when nobody else holds it. To be called once. */
  release(): Promise<void>;
}

/** What has a runtime for those who ask. */
export interface RuntimeSource {
  hold(): Promise<HeldRuntime>;
}

let holders = 0;
let opening: Promise<BoxliteRuntime> | undefined;
/** Of the one before; the home is its own until then. */
let closed: Promise<void> = Promise.resolve();

const release = async (): Promise<void> => {
  holders -= 1;
  if (holders > 0) return;
  const last = opening;
  opening = undefined;
  closed = (async () => {
    await (await last)?.close();
  })();
  await closed;
};

export const holdDefaultRuntime = async (): Promise<HeldRuntime> => {
  holders += 1;
  const before = closed;
  opening ??= before.catch(() => undefined).then(() => BoxliteRuntime.open());
  const mine = opening;
  try {
    return { runtime: await mine, release };
  } catch (error) {
    holders -= 1;
    if (opening === mine) opening = undefined;
    throw error;
  }
};

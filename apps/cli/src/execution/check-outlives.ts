import type { LiteBox } from '@boxlite/core';
import { CliError } from '../errors/cli-error.js';

/** The refusal to start a Box that would end with the command. */
export const cannotOutlive = (name: string, hint: string): CliError =>
  new CliError(`Box ${name} was made by 'boxlite run' and cannot outlive a command`, hint);

/**
 * Sees to it that a Box which is started from a snapshot's memory goes on afterwards.
 * @throws CliError
 */
export const checkOutlives = async (box: LiteBox, snapshot: string, hint: string): Promise<void> => {
  if ((await box.info()).detach) return;
  const runs = (await box.snapshots.list()).some(({ name, memory }) => name === snapshot && memory);
  if (runs) throw cannotOutlive(box.name ?? box.id, hint);
};

import type { LiteBox } from '@boxlite/core';
import { cannotOutlive } from './check-outlives.js';
import { hasMain } from './main-options.js';

/**
 * Sees to it that a Box which is started goes on after the command.
 * @throws CliError
 */
export const checkStarts = async (box: LiteBox, name: string): Promise<void> => {
  const info = await box.info();
  if (info.detach) return;
  const hint = hasMain(info)
    ? `'boxlite start -ai ${name}' runs its command again, for as long as that takes.`
    : `'boxlite exec ${name} COMMAND' starts it for as long as the command runs.`;
  throw cannotOutlive(name, hint);
};

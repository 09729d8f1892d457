/** What to do with a Box that would be gone with the command that starts it. */
export const startHint = (name: string, hasMain: boolean): string =>
  hasMain
    ? `'boxlite start -ai ${name}' runs its command again, for as long as that takes.`
    : `'boxlite exec ${name} COMMAND' starts it for as long as the command runs.`;

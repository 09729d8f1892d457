/** Lets an option be given several times. */
export const collect = (value: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), value];

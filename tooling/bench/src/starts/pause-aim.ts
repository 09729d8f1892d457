/** The most that a parent may stand still for a clone that has to read so many changed bytes. */
export const pauseAimMs = (changedBytes: number): number => 10 + (0.5 * changedBytes) / 2 ** 20;

/** What `run` is given: an image, a command, both or neither. */
export interface RunArguments {
  image: string | undefined;
  /** Empty: the image's own. */
  command: readonly string[];
  /** `--` stood before the command or in place of the image. */
  separated: boolean;
}

/**
 * Tells `run IMAGE COMMAND`, `run IMAGE -- COMMAND` and `run -- COMMAND` apart.
 * @param operands what is left after the options; the parser has taken out a `--` before them
 * @param typed everything that was typed, whose end the operands are
 */
export const splitRunArguments = (operands: readonly string[], typed: readonly string[]): RunArguments => {
  if (typed[typed.length - operands.length - 1] === '--') return { image: undefined, command: operands, separated: true };
  const [image, ...rest] = operands;
  const separated = rest[0] === '--';
  return { image, command: separated ? rest.slice(1) : rest, separated };
};

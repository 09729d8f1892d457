/** One thing that set-up makes. It runs again only when its inputs have changed or an output is missing. */
export interface Step {
  name: string;
  /** Names of the steps that must be done before. */
  after: readonly string[];
  /** Files and directories (from the checkout's root) that the product is made from. */
  inputs: readonly string[];
  /** What it is made from besides, in words that change when that does. */
  state?: () => Promise<string>;
  /** Files that must be there afterwards. */
  outputs: readonly string[];
  run: () => Promise<void>;
}

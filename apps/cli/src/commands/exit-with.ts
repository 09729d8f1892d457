/** Sets the exit code that `boxlite` will have when the command was done without an error; 0 otherwise. */
export type ExitWith = (exitCode: number) => void;

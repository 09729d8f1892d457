/** Whom a command runs as: by name for a Box, which looks it up in the image, and by number for runc, which does not. */
export interface User {
  name: string;
  uid: number;
  gid: number;
  groups: readonly number[];
}

/** One command line; the same for both sides. */
export interface Command {
  /** Unique; what differences and intended differences are told by. */
  name: string;
  /** Of a shell, or a program with its arguments. */
  run: string | readonly string[];
  image: ImageName;
  user?: User | undefined;
  workingDir?: string | undefined;
  env?: Readonly<Record<string, string>> | undefined;
  stdin?: string | undefined;
  /** One that hangs on one side only is a difference as well. @defaultValue 30 000 */
  timeoutMs?: number | undefined;
  /** Takes minutes, so it runs only when it is asked for. */
  long?: boolean | undefined;
}

/** How long a command may take. */
export const timeoutMs = (command: Command): number => command.timeoutMs ?? 30_000;

export type ImageName = 'debian' | 'busybox' | 'software';

/** What came of it. */
export interface Outcome {
  /** As a shell tells it: 128 and the signal's number for a process that was killed. */
  status: number;
  stdout: string;
  stderr: string;
}

/** A container that commands are run in, one after another. */
export interface Side extends AsyncDisposable {
  run(command: Command): Promise<Outcome>;
}

export const argv = ({ run }: Command): readonly string[] => (typeof run === 'string' ? ['sh', '-c', run] : run);

/** Options that a group of commands has in common. */
type Common = Omit<Command, 'name' | 'run' | 'image'> & { image?: ImageName };

/** Makes commands of names and shell scripts. */
export const commands = (scripts: Readonly<Record<string, Command['run']>>, { image = 'debian', ...rest }: Common = {}): Command[] =>
  Object.entries(scripts).map(([name, run]) => ({ name: image === 'debian' ? name : `${image}: ${name}`, run, image, ...rest }));

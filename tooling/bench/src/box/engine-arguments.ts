import { readFile } from 'node:fs/promises';

/** What a running VMM was told, as far as a counterpart has to be told the same. */
export interface EngineArguments {
  accelerator: string;
  cpu: string;
  kernel: string;
  kernelArguments: string;
}

/** Reads them from the VMM's command line. @throws Error when one is not there. */
export const engineArguments = (words: readonly string[]): EngineArguments => {
  const after = (option: string): string => {
    const at = words.indexOf(option);
    const value = at < 0 ? undefined : words[at + 1];
    if (value === undefined) throw new Error(`the Box's VMM was started without ${option}`);
    return value;
  };
  return { accelerator: after('-accel'), cpu: after('-cpu'), kernel: after('-kernel'), kernelArguments: after('-append') };
};

export const engineArgumentsOf = async (pid: number): Promise<EngineArguments> =>
  engineArguments((await readFile(`/proc/${String(pid)}/cmdline`, 'utf8')).split('\0'));

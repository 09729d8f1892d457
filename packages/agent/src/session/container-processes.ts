import { BoxliteError, type CallOptions, plainText, type PortalChannel, unary } from '@boxlite/shared';
import { ContainerService } from '@boxlite/shared/protocol';
import { boundedNumber } from '../bounded-number.js';

/** A process in a Box, as it was when it was looked at; plain data. */
export interface BoxProcess {
  /** As processes in the Box see it, like all ids here. */
  pid: number;
  /** 0 when its parent is none of the Box's. */
  parent: number;
  uid: number;
  /** One letter, as ps(1) has it: R, S, D, Z, T … */
  state: string;
  cpuSeconds: number;
  elapsedSeconds: number;
  /** Memory of its own and shared with others. */
  residentBytes: number;
  threads: number;
  /** The program and its arguments, cut after 4096 bytes; for a process that has none, its name in brackets. */
  command: string;
}

/** As the agent has it. */
const MAX_PROCESSES = 4096;
const MAX_COMMAND = 4096;

const commandOf = (name: Buffer, command: Buffer): string => {
  const words = command.subarray(0, MAX_COMMAND).toString('utf8').replace(/\0+$/, '').replaceAll('\0', ' ');
  return plainText(words.trim() === '' ? `[${name.toString('utf8')}]` : words, MAX_COMMAND);
};

/** What runs in the container, by pid. What a Box has beyond 4096 processes is left out. */
export const containerProcesses = async (channel: PortalChannel, options: CallOptions): Promise<BoxProcess[]> => {
  const { processes } = await unary(channel, ContainerService.processes, {}, 'list the processes of the Box', options);
  if (processes.length > MAX_PROCESSES)
    throw new BoxliteError('Portal', `The guest agent names ${String(processes.length)} processes; it may name ${String(MAX_PROCESSES)}.`);
  return processes
    .map(({ pid, parent, uid, state, cpuMicros, elapsedMicros, residentBytes, threads, name, command }) => ({
      pid,
      parent,
      uid,
      state: plainText(String.fromCharCode(state & 0x7f), 1),
      cpuSeconds: boundedNumber(cpuMicros) / 1e6,
      elapsedSeconds: boundedNumber(elapsedMicros) / 1e6,
      residentBytes: boundedNumber(residentBytes),
      threads,
      command: commandOf(name, command),
    }))
    .sort((one, other) => one.pid - other.pid);
};

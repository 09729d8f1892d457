#!/usr/bin/env node
/**
 * `boxlite-bridge --fd N`: serves @boxlite/core over the Unix socket that its parent has left open as descriptor N.
 *
 * It ends when its parent does, however that ends: the socket is closed then, and should another process hold a copy of it, the end of
 * the parent is an event of its own (pidfd).
 */
import { Socket } from 'node:net';
import { processStartTime, ProcessWatch } from '@boxlite/vmm';
import { Session } from './session.js';
import { VERSION } from './version.js';

/** How long the end may take: attached Boxes end with this process in any case. */
const CLOSE_DEADLINE_MS = 10_000;

const USAGE = 'boxlite-bridge is started by the BoxLite SDKs of other languages, as boxlite-bridge --fd N; N is a connected Unix socket.\n';

const socketOf = (args: readonly string[]): Socket | undefined => {
  const [flag, value = ''] = args;
  if (flag !== '--fd' || !/^\d{1,6}$/.test(value)) return undefined;
  try {
    return new Socket({ fd: Number(value), readable: true, writable: true });
  } catch {
    return undefined;
  }
};

const serve = async (socket: Socket): Promise<void> => {
  process.title = 'boxlite-bridge';
  // A Ctrl-C at the terminal is for the program, which then says what is to happen.
  process.on('SIGINT', () => undefined);
  process.on('SIGHUP', () => undefined);
  const session = new Session({
    socket,
    version: VERSION,
    loadApi: async () => (await import('./generated/api.js')).api,
    onHello: (pid) => {
      const startTime = pid === process.ppid ? processStartTime(pid) : undefined;
      if (startTime === undefined) return;
      const ended = ProcessWatch.open(pid, startTime)?.exited ?? Promise.resolve();
      void ended.then(() => session.close());
    },
  });
  process.on('SIGTERM', () => session.close());
  await session.closed.then(() => process.exit(0));
};

const socket = socketOf(process.argv.slice(2));
if (socket === undefined) {
  process.stderr.write(USAGE);
  process.exitCode = 2;
} else {
  // The deadline runs from the end of the session, not from here.
  socket.once('close', () => setTimeout(() => process.exit(1), CLOSE_DEADLINE_MS).unref());
  await serve(socket);
}

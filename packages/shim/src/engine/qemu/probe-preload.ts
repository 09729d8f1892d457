import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';

const TIMEOUT_MS = 10_000;
const CONVERSATION = '{"execute":"qmp_capabilities"}\n{"execute":"quit"}\n';

/**
 * Tells whether the QEMU at `path` lets the library `preload` stand between it and its guest's RAM: it is given the library's own file as RAM,
 * by the way that only the library knows. Not so with a static QEMU, or one with privileges of its own.
 */
export const probePreload = async (path: string, preload: string): Promise<boolean> => {
  if (process.platform !== 'linux') return false;
  const library = await open(preload).catch(() => undefined);
  if (library === undefined) return false;
  try {
    const ram = { 'qom-type': 'memory-backend-file', id: 'ram', size: 4096, 'mem-path': '/dev/null/fd/3', share: false };
    const child = spawn(
      path,
      ['-M', 'none', '-nodefaults', '-no-user-config', '-display', 'none', '-object', JSON.stringify(ram), '-qmp', 'stdio'],
      {
        env: { LD_PRELOAD: '/proc/self/fd/3' },
        stdio: ['pipe', 'ignore', 'ignore', library.fd],
        timeout: TIMEOUT_MS,
        killSignal: 'SIGKILL',
      },
    );
    const ended = once(child, 'exit') as Promise<[code: number | null]>;
    child.stdin?.on('error', () => undefined).end(CONVERSATION);
    return await ended.then(
      ([code]) => code === 0,
      () => false,
    );
  } finally {
    await library.close();
  }
};

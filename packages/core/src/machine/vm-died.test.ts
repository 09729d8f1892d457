import { BoxliteError } from '@boxlite/shared';
import type { Vm, VmExit } from '@boxlite/shim';
import { whileAlive } from './vm-died.js';

const EXIT: VmExit = { code: null, signal: 'SIGKILL', reason: null, orderly: false, consoleTail: 'Oops', engineTail: '', stall: null };
const NEVER = new AbortController().signal;

/** What a call fails with whose connection is gone. */
const LOST = new BoxliteError('Portal', 'the connection was lost', { reason: 'connection-lost' });

describe('what waits for a VM', () => {
  let end: (exit: VmExit) => void;
  let vm: Vm;

  beforeEach(() => {
    const exited = new Promise<VmExit>((resolve) => (end = resolve));
    vm = { exited } as unknown as Vm;
  });

  const wait = (work: (signal: AbortSignal) => Promise<unknown>): Promise<unknown> => whileAlive(vm, 'Box x', NEVER, work);

  it('ends with it, with its last words, and is aborted', async () => {
    let seen: AbortSignal | undefined;
    const waiting = wait((signal) => {
      seen = signal;
      return new Promise(() => undefined);
    });
    end(EXIT);
    await expect(waiting).rejects.toMatchObject({ code: 'Engine', reason: 'vm-died', message: expect.stringMatching(/Oops/) as string });
    expect(seen?.aborted).toBe(true);
  });

  it('fails for the reason that the VM ended for, though its connection is gone before', async () => {
    const waiting = wait(() => Promise.reject(LOST));
    setImmediate(() => {
      end(EXIT);
    });
    await expect(waiting).rejects.toMatchObject({ reason: 'vm-died' });
  });

  it('says so when the host had no room for what the guest writes', async () => {
    const stall = new BoxliteError('ResourceExhausted', 'the host has no room', { reason: 'ENOSPC' });
    const waiting = wait(() => Promise.reject(LOST));
    end({ ...EXIT, stall });
    await expect(waiting).rejects.toMatchObject({
      code: 'ResourceExhausted',
      reason: 'ENOSPC',
      message: expect.stringMatching(/Box x.*no room.*start it again/) as string,
      cause: stall,
    });
  });

  it.each([
    [
      'SIGSYS',
      'boxlite: forbidden system call 83',
      /SIGSYS; most likely it made a system call that its jail forbids[^]*forbidden system call 83/,
    ],
    ['SIGBUS', '', /SIGBUS; most likely a part of its memory[^]*start it again/],
  ])('says what %s is likely to mean', async (signal, engineTail, message) => {
    const waiting = wait(() => Promise.reject(LOST));
    end({ ...EXIT, signal, engineTail });
    await expect(waiting).rejects.toMatchObject({ reason: 'vm-died', message: expect.stringMatching(message) as string });
  });

  it('fails for its own reason where the VM lives on', async () => {
    const own = new BoxliteError('InvalidState', 'there is no container');
    await expect(wait(() => Promise.reject(own))).rejects.toBe(own);
    await expect(wait(() => Promise.reject(LOST))).rejects.toBe(LOST);
  });
});

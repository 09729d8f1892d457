import { EventEmitter } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { InterruptedError, OutputClosedError } from '../errors/cli-error.js';
import { Interrupts } from '../signals/interrupts.js';
import { FakeExecution } from '../testing/fake-execution.js';
import { errno, Sink } from '../testing/sink.js';
import { attach } from './attach.js';

const setUp = ({ stdout = new Sink(), stdin = undefined as Readable | undefined } = {}) => {
  const source = new EventEmitter();
  const interrupts = new Interrupts({ source, exit: () => undefined });
  const stderr = new Sink();
  const command = new FakeExecution();
  const attached = attach(command.execution, { stdin, stdout, stderr, interrupts });
  attached.catch(() => undefined);
  return { command, stdout, stderr, attached, interrupts, send: (signal: NodeJS.Signals) => source.emit(signal, signal) };
};

describe('attach', () => {
  it('gives back the status, and bytes as they were', async () => {
    const { command, stdout, stderr, attached } = setUp();
    const bytes = Buffer.from([0, 255, 10, 128, 13]);
    command.stdout.write(bytes);
    command.stderr.write('to stderr');
    command.exit({ exitCode: 7 });
    expect(await attached).toMatchObject({ exitCode: 7 });
    expect(stdout.bytes.equals(bytes)).toBe(true);
    expect(stderr.text).toBe('to stderr');
  });

  it('waits until a slow reader has got everything', async () => {
    const { command, stdout, attached } = setUp({ stdout: new Sink(true) });
    for (let i = 0; i < 20; i += 1) command.stdout.write(Buffer.alloc(5_000, i));
    command.exit();
    let done = false as boolean;
    void attached.then(() => (done = true));
    for (let i = 0; i < 50; i += 1) await nextTurn();
    expect(done).toBe(false);
    while (!done) {
      stdout.release();
      await nextTurn();
    }
    expect(stdout.bytes).toHaveLength(100_000);
  });

  it('waits for what the command printed and the guest could not send yet', async () => {
    const { command, stdout, attached } = setUp();
    command.stdout.write('first ');
    command.exit({ exitCode: 0 }, { late: true });
    for (let i = 0; i < 50; i += 1) await nextTurn();
    command.arrive(Buffer.from('last'));
    expect(await attached).toMatchObject({ exitCode: 0 });
    expect(stdout.text).toBe('first last');
  });

  it('does not read ahead of a slow reader', async () => {
    const { command, stdout } = setUp({ stdout: new Sink(true) });
    for (let i = 0; i < 100; i += 1) command.stdout.write(Buffer.alloc(10_000));
    for (let i = 0; i < 50; i += 1) await nextTurn();
    expect(stdout.writableLength).toBeLessThan(50_000);
    expect(command.stdout.readableLength + command.stdout.writableLength).toBeGreaterThan(900_000);
  });

  it('does not wait for what the command left behind', async () => {
    const { command, stdout, attached } = setUp();
    for (let i = 0; i < 100; i += 1) command.stdout.write('x'.repeat(1_000));
    command.exit({ exitCode: 0 }, { outputsHeld: true });
    expect(await attached).toMatchObject({ exitCode: 0 });
    expect(stdout.bytes).toHaveLength(100_000);
  });

  it('ends when what the command left behind never stops printing', async () => {
    const { command, attached } = setUp();
    command.exit({ exitCode: 0 }, { outputsHeld: true });
    const noisy = (): void => {
      if (!command.stdout.destroyed) command.stdout.write(Buffer.alloc(64 << 10), () => setImmediate(noisy));
    };
    noisy();
    expect(await attached).toMatchObject({ exitCode: 0 });
  });

  it('forwards stdin to its end, and lets go of it', async () => {
    const stdin = Readable.from([Buffer.from('one '), Buffer.from('two')]);
    const { command, attached } = setUp({ stdin });
    const chunks: Buffer[] = [];
    for await (const chunk of command.stdin) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).toString()).toBe('one two');
    command.exit();
    await attached;
    expect(stdin.destroyed).toBe(true);
  });

  it('ends with the command, not with its stdin', async () => {
    const stdin = new PassThrough();
    const { command, attached } = setUp({ stdin });
    command.stdin.on('error', () => undefined).destroy(errno('EPIPE'));
    command.exit();
    await attached;
    expect(stdin.destroyed).toBe(true);
  });

  it('ends the command when nobody reads, with SIGPIPE', async () => {
    const { command, stdout, attached } = setUp();
    command.onSignal = (signal) => {
      command.exit({ signal: signal as NodeJS.Signals });
    };
    stdout.failure = errno('EPIPE');
    command.stdout.write('y\n');
    await expect(attached).rejects.toBeInstanceOf(OutputClosedError);
    expect(command.signals).toEqual(['SIGPIPE']);
  });

  it('kills a command that does not heed SIGPIPE', async () => {
    const { command, stdout, attached } = setUp();
    command.onSignal = (signal) => {
      if (signal === 'SIGKILL') command.exit({ signal });
    };
    stdout.failure = errno('EPIPE');
    command.stdout.write('y\n');
    await expect(attached).rejects.toBeInstanceOf(OutputClosedError);
    expect(command.signals).toEqual(['SIGPIPE', 'SIGKILL']);
  });

  it('says that the disk is full', async () => {
    const { command, stdout, attached } = setUp();
    stdout.failure = errno('ENOSPC');
    command.stdout.write('data');
    await expect(attached).rejects.toThrow('cannot write the output: write ENOSPC');
  });

  it('passes signals on, and fails with the execution', async () => {
    const { command, attached, send } = setUp();
    send('SIGINT');
    send('SIGTERM');
    expect(command.signals).toEqual(['SIGINT', 'SIGTERM']);
    command.fail(new Error('the guest is gone'));
    await expect(attached).rejects.toThrow('the guest is gone');
  });

  it('gives up a command that cannot even be killed', async () => {
    const { command, attached, send } = setUp();
    for (let i = 0; i < 4; i += 1) send('SIGINT');
    expect(command.signals).toEqual(['SIGINT', 'SIGINT', 'SIGKILL']);
    await expect(attached).rejects.toBeInstanceOf(InterruptedError);
  });
});

import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import type { BoxliteRuntime, LiteBox } from '@boxlite/core';
import fc from 'fast-check';
import { debian, openRuntime, spawnBox } from './support/boxes.js';
import { residentBytes } from './support/processes.js';

const MIB = 1 << 20;

describe('streams', () => {
  let runtime: BoxliteRuntime;
  let box: LiteBox;

  beforeAll(async () => {
    runtime = await openRuntime();
    box = await spawnBox(runtime, debian());
    await box.start();
  });

  afterAll(async () => {
    await box[Symbol.asyncDispose]();
    await runtime.close();
  });

  it('brings 64 MiB of random bytes through cat unchanged', async () => {
    const sent = createHash('sha256');
    const chunks = function* () {
      for (let i = 0; i < 64; i += 1) {
        const chunk = randomBytes(MIB);
        sent.update(chunk);
        yield chunk;
      }
    };
    const execution = await box.exec('cat', [], { stdin: Readable.from(chunks()) });
    const received = createHash('sha256');
    let bytes = 0;
    for await (const chunk of execution.stdout as AsyncIterable<Buffer>) {
      received.update(chunk);
      bytes += chunk.length;
    }
    expect(await execution.wait()).toMatchObject({ exitCode: 0 });
    expect(bytes).toBe(64 * MIB);
    expect(received.digest('hex')).toBe(sent.digest('hex'));
  });

  it('loses nothing and grows nowhere while a reader is slow for 5 s', async () => {
    const total = 96 * MIB;
    const script = `import hashlib,sys
h=hashlib.sha256()
for i in range(${String(total / MIB)}):
    b=(b'%d ' % i)*(1<<16); b=b[:1<<20].ljust(1<<20, b'x'); h.update(b); sys.stdout.buffer.write(b)
sys.stdout.flush(); sys.stderr.write(h.hexdigest())`;
    const { pid } = await box.info();
    if (pid === null) throw new Error('the Box runs, but has no VMM');
    const guestBefore = (await box.metrics()).guest;
    const execution = await box.exec('python3', ['-c', script]);
    const stderr: Buffer[] = [];
    execution.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    // The first bytes show that the process runs; then nobody reads for 5 s.
    await new Promise((resolve) => execution.stdout.once('readable', resolve));
    const before = { host: residentBytes(process.pid), machine: residentBytes(pid) };
    await delay(5_000);
    const after = { host: residentBytes(process.pid), machine: residentBytes(pid) };
    const guestAfter = (await box.metrics()).guest;
    expect(after.host - before.host).toBeLessThan(16 * MIB);
    expect(after.machine - before.machine).toBeLessThan(16 * MIB);
    // Inside the guest nothing piles up either: Python itself and pipes, not what it has still to write.
    expect((guestBefore?.memoryAvailableBytes ?? 0) - (guestAfter?.memoryAvailableBytes ?? 0)).toBeLessThan(40 * MIB);
    const received = createHash('sha256');
    let bytes = 0;
    for await (const chunk of execution.stdout as AsyncIterable<Buffer>) {
      received.update(chunk);
      bytes += chunk.length;
    }
    expect(await execution.wait()).toMatchObject({ exitCode: 0 });
    expect(bytes).toBe(total);
    expect(received.digest('hex')).toBe(Buffer.concat(stderr).toString());
  });

  it('lets others run while one reader stands still', async () => {
    const still = await box.exec('yes');
    await new Promise((resolve) => still.stdout.once('readable', resolve));
    expect((await box.run('echo', ['not held back'])).stdout).toBe('not held back\n');
    await still.kill('SIGKILL');
    expect(await still.wait()).toMatchObject({ signal: 'SIGKILL' });
  });

  it('holds stderr apart from a stdout that nobody reads', async () => {
    const execution = await box.exec('sh', ['-c', 'echo on stderr >&2; yes']);
    const chunk = await new Promise<Buffer>((resolve) => execution.stderr.once('data', resolve));
    expect(chunk.toString()).toBe('on stderr\n');
    await execution.kill();
    await execution.wait();
  });

  it('tells a writer that nobody reads its stdin any more', async () => {
    const execution = await box.exec('sh', ['-c', 'exec <&-; sleep 0.5'], { stdin: 'pipe' });
    const failed = new Promise((resolve) => execution.stdin.once('error', resolve));
    const timer = setInterval(() => execution.stdin.write(Buffer.alloc(64 << 10)), 20);
    const error = await failed;
    clearInterval(timer);
    expect(error).toMatchObject({ code: 'EPIPE' });
    expect(await execution.wait()).toMatchObject({ exitCode: 0 });
  });

  it('brings out what went in, however it is cut', async () => {
    /** Reads and writes so many bytes at a time, whatever it is given. */
    const copy = 'import os, sys\nwhile (data := os.read(0, int(sys.argv[1]))): os.write(1, data); os.write(2, data[::-1])';
    const chunk = fc.oneof(
      fc.integer({ min: 1, max: 64 }),
      fc.integer({ min: 1, max: 200_000 }),
      fc.constantFrom(4096, 65_535, 65_536, 65_537),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(chunk, { maxLength: 24 }), fc.integer({ min: 1, max: 100_000 }), async (sizes, step) => {
        const chunks = sizes.map((size) => randomBytes(size));
        const execution = await box.exec('python3', ['-c', copy, String(step)], { stdin: 'pipe' });
        const output = buffer(execution.stdout);
        const errors = buffer(execution.stderr);
        for (const bytes of chunks) if (!execution.stdin.write(bytes)) await once(execution.stdin, 'drain');
        execution.stdin.end();
        expect(await execution.wait()).toMatchObject({ exitCode: 0 });
        const sent = Buffer.concat(chunks);
        expect((await output).equals(sent)).toBe(true);
        expect(await errors).toHaveLength(sent.length);
      }),
      { numRuns: 15 },
    );
  }, 120_000);

  it('brings a million lines', async () => {
    const result = await box.run('seq', ['1000000'], { maxBuffer: 16 * MIB });
    const lines = result.stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(1_000_000);
    expect(lines.at(-1)).toBe('1000000');
  });
});

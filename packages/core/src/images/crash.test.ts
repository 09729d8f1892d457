import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { ImagesLayout } from '@boxlite/shared';
import { buildImage, ScriptedRegistry } from '@boxlite/testbed';
import { digestOf } from './format/digest.js';
import { ImageManager } from './image-manager.js';
import { RecoveryNotes } from '../recovery/recovery-report.js';

const PROGRAM = resolve(__dirname, 'testing', 'pull-until-killed.ts');

/** Runs the program and kills it with SIGKILL when it has said so many lines; resolves with the lines. */
const pullUntil = async (lines: number, directory: string, references: readonly string[]): Promise<string[]> => {
  const args = ['--import', 'tsx', '--conditions', '@boxlite/source', PROGRAM, directory, ...references];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const said: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    said.push(line);
    if (said.length === lines) child.kill('SIGKILL');
  });
  await once(child, 'close');
  return said;
};

describe('a process that is killed while it pulls', () => {
  it('has kept all that it said it had, nothing half is taken for whole, and the next one goes on', async () => {
    await using registry = await ScriptedRegistry.start();
    const references: string[] = [];
    for (let number = 0; number < 12; number += 1) {
      const content = Buffer.alloc(400_000 * (1 + (number % 4)), `${String(number)} `);
      references.push(
        registry.add(`app:${String(number)}`, await buildImage({ layers: [[{ name: 'data', content }]], compression: 'none' })),
      );
    }
    const directory = await mkdtemp(join(tmpdir(), 'boxlite-crash-'));
    const layout = new ImagesLayout(directory);
    const acknowledged = new Map<string, string>();
    for (const lines of [1, 4, 9]) {
      for (const line of await pullUntil(lines, directory, references)) {
        const [reference = '', digest] = line.split(' ');
        if (digest !== undefined) acknowledged.set(reference, digest);
      }
      const images = new ImageManager({ layout });
      const notes = new RecoveryNotes({ info: () => undefined, error: () => undefined });
      await images.recover(notes);
      expect(notes.report().actions.filter(({ action }) => action !== 'removed')).toEqual([]);
      for (const [reference, digest] of acknowledged) expect((await images.get(reference)).digest).toBe(digest);
      for (const name of await readdir(layout.blobs)) expect(digestOf(await readFile(join(layout.blobs, name)))).toBe(`sha256:${name}`);
      await images.close();
    }
    expect(acknowledged.size).toBeGreaterThan(0);
    expect((await pullUntil(Infinity, directory, references)).at(-1)).toBe('all');
    expect(await readdir(layout.temporary)).toEqual([]);
    await rm(directory, { recursive: true });
  });
});

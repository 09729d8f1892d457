import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { sha256 } from '../files.js';
import { writeCpio } from './cpio.js';
import { writeOciLayout } from './oci-layout.js';
import { type TarEntry, writeTar } from './tar.js';

const tree: TarEntry[] = [
  { path: 'bin', mode: 0o755, kind: 'directory' },
  { path: 'bin/tool', mode: 0o755, kind: 'file', data: Buffer.from('#!/bin/sh\n') },
  { path: 'bin/alias', mode: 0o777, kind: 'symlink', target: 'tool' },
  { path: 'tmp', mode: 0o1777, kind: 'directory' },
];

describe('writeTar', () => {
  test('writes what tar reads', () => {
    const listing = execFileSync('tar', ['-tv', '--numeric-owner', '--utc'], { input: writeTar(tree), encoding: 'utf8' });
    const fields = listing
      .trim()
      .split('\n')
      .map((line) => line.split(/\s+/));
    expect(fields.map(([mode, owner]) => [mode, owner])).toEqual([
      ['drwxr-xr-x', '0/0'],
      ['-rwxr-xr-x', '0/0'],
      ['lrwxrwxrwx', '0/0'],
      ['drwxrwxrwt', '0/0'],
    ]);
    expect(listing).toContain('bin/alias -> tool');
  });

  test('gives the same bytes for the same entries', () => {
    expect(writeTar(tree)).toEqual(writeTar(tree));
  });

  test('refuses a name that does not fit', () => {
    expect(() => writeTar([{ path: 'x'.repeat(101), mode: 0o755, kind: 'directory' }])).toThrow('too long');
  });
});

describe('writeCpio', () => {
  test('aligns names and data to 4 bytes and ends with the trailer', () => {
    const archive = writeCpio([
      { path: 'dev', mode: 0o755, kind: 'directory' },
      { path: 'dev/console', mode: 0o600, kind: 'character-device', major: 5, minor: 1 },
      { path: 'init', mode: 0o755, kind: 'file', data: Buffer.from('12345') },
    ]);
    const entries: { name: string; mode: number; data: string; device: number[] }[] = [];
    const aligned = (at: number): number => (at + 3) & ~3;
    let at = 0;
    for (;;) {
      expect(archive.toString('latin1', at, at + 6)).toBe('070701');
      const field = (index: number): number => parseInt(archive.toString('latin1', at + 6 + index * 8, at + 14 + index * 8), 16);
      const nameEnd = at + 110 + field(11);
      const name = archive.toString('latin1', at + 110, nameEnd - 1);
      const data = aligned(nameEnd);
      if (name === 'TRAILER!!!') break;
      entries.push({ name, mode: field(1), data: archive.toString('latin1', data, data + field(6)), device: [field(9), field(10)] });
      at = aligned(data + field(6));
    }
    expect(entries).toEqual([
      { name: 'dev', mode: 0o40755, data: '', device: [0, 0] },
      { name: 'dev/console', mode: 0o20600, data: '', device: [5, 1] },
      { name: 'init', mode: 0o100755, data: '12345', device: [0, 0] },
    ]);
  });
});

describe('writeOciLayout', () => {
  test('names every blob by its digest and the layer by what it unpacks to', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'oci-layout-'));
    try {
      const layer = writeTar(tree);
      await writeOciLayout(directory, { reference: 'example/tool:1', layer, config: { Env: ['PATH=/bin'], Cmd: ['tool'] } });
      const json = async (path: string): Promise<Record<string, unknown>> =>
        JSON.parse(await readFile(join(directory, path), 'utf8')) as Record<string, unknown>;
      const blob = async (digest: string): Promise<Buffer> => {
        const data = await readFile(join(directory, 'blobs', digest.replace(':', '/')));
        expect(`sha256:${sha256(data)}`).toBe(digest);
        return data;
      };
      const index = await json('index.json');
      const [entry] = index['manifests'] as { digest: string; annotations: Record<string, string> }[];
      expect(entry!.annotations['org.opencontainers.image.ref.name']).toBe('example/tool:1');
      const manifest = JSON.parse((await blob(entry!.digest)).toString()) as { config: { digest: string }; layers: { digest: string }[] };
      const config = JSON.parse((await blob(manifest.config.digest)).toString()) as { rootfs: { diff_ids: string[] } };
      const unpacked = gunzipSync(await blob(manifest.layers[0]!.digest));
      expect(unpacked).toEqual(layer);
      expect(config.rootfs.diff_ids).toEqual([`sha256:${sha256(layer)}`]);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});

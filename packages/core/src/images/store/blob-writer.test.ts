import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { digestOf } from '../format/digest.js';
import { BlobWriter } from './blob-writer.js';

describe('BlobWriter', () => {
  let directory: string;
  beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'boxlite-blob-'))));
  afterEach(() => rm(directory, { recursive: true }));

  const paths = () => ({ partial: join(directory, 'partial'), target: join(directory, 'target') });
  const open = (content: Buffer, size = content.length) => {
    const { partial, target } = paths();
    return BlobWriter.open(partial, target, { mediaType: '', digest: digestOf(content), size });
  };

  it('gives the same file however the bytes come and wherever it was interrupted', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 8 }), fc.nat(8), async (pieces, interrupted) => {
        const content = Buffer.concat(pieces);
        let writer = await open(content);
        for (const [position, piece] of pieces.entries()) {
          if (position === interrupted) {
            await writer.close();
            writer = await open(content);
          }
          await writer.write(piece);
        }
        await writer.commit();
        expect((await readFile(paths().target)).equals(content)).toBe(true);
        await expect(readFile(paths().partial)).rejects.toMatchObject({ code: 'ENOENT' });
      }),
      { numRuns: 50 },
    );
  });

  it('puts nothing under a name that is not its own', async () => {
    const content = Buffer.from('content');
    const wrong = await open(content);
    await wrong.write(Buffer.from('another'));
    await expect(wrong.commit()).rejects.toMatchObject({ code: 'Image', reason: 'digest-mismatch' });
    const short = await open(content);
    await short.write(content.subarray(0, 3));
    await expect(short.commit()).rejects.toMatchObject({ code: 'Image', reason: 'truncated' });
    const long = await open(content);
    expect(long.written).toBe(3);
    await expect(long.write(Buffer.from('contentX'))).rejects.toMatchObject({ code: 'Image', reason: 'too-long' });
    await long.discard();
    await expect(readFile(paths().target)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('throws away a partial file that is longer than the blob', async () => {
    await writeFile(paths().partial, 'far too much');
    const writer = await open(Buffer.from('content'));
    expect(writer.written).toBe(0);
    await writer.write(Buffer.from('content'));
    await writer.commit();
    expect(await readFile(paths().target, 'utf8')).toBe('content');
  });
});

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { PassThrough, type Duplex, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { BuiltLayer, Compression } from '../image/build-image.js';
import { findProgram } from '../host/programs.js';

/** zstd as a stream; Node 20 has none of its own. */
const zstd = (): { input: NodeJS.WritableStream; output: NodeJS.ReadableStream } => {
  const program = findProgram('zstd');
  if (program === undefined) throw new Error('zstd is not installed');
  const child = spawn(program, ['-q', '-c'], { stdio: ['pipe', 'pipe', 'inherit'] });
  return { input: child.stdin, output: child.stdout };
};

const compressor = (compression: Compression): { input: NodeJS.WritableStream; output: NodeJS.ReadableStream } => {
  if (compression === 'zstd') return zstd();
  const stream: Duplex = compression === 'gzip' ? createGzip({ level: 6 }) : new PassThrough();
  return { input: stream, output: stream };
};

/** Writes a layer's archive to a file, compressed, and computes its digests on the way. */
export const writeLayerFile = async (
  path: string,
  compression: Compression,
  write: (sink: (bytes: Buffer) => Promise<void>) => Promise<void>,
): Promise<BuiltLayer> => {
  const { input, output } = compressor(compression);
  const [plain, packed] = [createHash('sha256'), createHash('sha256')];
  let size = 0;
  const count = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      packed.update(chunk);
      size += chunk.length;
      done(null, chunk);
    },
  });
  const written = pipeline(output, count, createWriteStream(path));
  await write(async (bytes) => {
    if (bytes.length === 0) return;
    plain.update(bytes);
    if (!input.write(bytes)) await once(input, 'drain');
  });
  input.end();
  await written;
  return { digest: `sha256:${packed.digest('hex')}`, size, diffId: `sha256:${plain.digest('hex')}`, compression, content: { path } };
};

import { setTimeout as sleep } from 'node:timers/promises';
import { buildImage, ScriptedRegistry, type Script } from '@boxlite/testbed';
import { IMAGES } from './script/write-script.js';

const LAYER_BYTES = 600_000;
const PIECES = 8;
const PIECE_MS = 25;

/** Sends a layer in pieces, so that a kill falls between them. */
const slowly: Script = async (request, response, registry) => {
  const match = /\/blobs\/(sha256:[0-9a-f]+)$/.exec(request.url ?? '');
  const content = match?.[1] === undefined ? undefined : registry.blob(match[1]);
  if (content === undefined || request.headers.range !== undefined || content.length < PIECES) return false;
  response.writeHead(200, { 'content-length': content.length, 'content-type': 'application/octet-stream' });
  const size = Math.ceil(content.length / PIECES);
  for (let at = 0; at < content.length && !response.destroyed; at += size) {
    response.write(content.subarray(at, at + size));
    await sleep(PIECE_MS);
  }
  response.end();
  return true;
};

/** Images that take some time to pull, each with another content. */
export const startRegistry = async (): Promise<AsyncDisposable & { images: string[] }> => {
  const registry = await ScriptedRegistry.start(slowly);
  const images: string[] = [];
  for (let index = 0; index < IMAGES; index += 1) {
    const content = Buffer.alloc(LAYER_BYTES, `image ${String(index)}\n`);
    const image = await buildImage({ layers: [[{ name: 'file', content }]], compression: 'none' });
    images.push(registry.add(`chaos:${String(index)}`, image));
  }
  return { images, [Symbol.asyncDispose]: () => registry[Symbol.asyncDispose]() };
};

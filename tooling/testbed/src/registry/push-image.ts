import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Agent, request } from 'undici';
import { blobBytes, type TestImage } from '../image/test-image.js';

export interface PushTarget {
  /** `http://127.0.0.1:5000`. */
  base: string;
  ca: string | undefined;
  repository: string;
  tag: string;
  authorization: string | undefined;
}

/** Pushes all of an image by the distribution protocol: blobs that are not there, then manifests, the root under the tag. */
export const pushImage = async ({ base, ca, repository, tag, authorization }: PushTarget, image: TestImage): Promise<void> => {
  const agent = new Agent(ca === undefined ? {} : { connect: { ca } });
  const call = async (
    method: 'HEAD' | 'POST' | 'PUT',
    url: string,
    body?: Buffer | NodeJS.ReadableStream,
    headers: Record<string, string> = {},
  ) => {
    const response = await request(new URL(url, base), {
      method,
      dispatcher: agent,
      body: (body as Buffer | undefined) ?? null,
      headers: { ...headers, ...(authorization === undefined ? {} : { authorization }) },
    });
    const text = await response.body.text();
    return { status: response.statusCode, location: String(response.headers['location'] ?? ''), text };
  };
  const demand = (step: string, { status, text }: { status: number; text: string }, wanted: number) => {
    if (status !== wanted) throw new Error(`pushing ${repository}: ${step} was answered with ${String(status)}: ${text.slice(0, 500)}`);
  };
  try {
    const manifests = new Set(image.manifests.map(({ digest }) => digest));
    for (const [digest, content] of image.blobs) {
      if (manifests.has(digest)) continue;
      if ((await call('HEAD', `/v2/${repository}/blobs/${digest}`)).status === 200) continue;
      const upload = await call('POST', `/v2/${repository}/blobs/uploads/`);
      demand('begin of an upload', upload, 202);
      const size = Buffer.isBuffer(content) ? content.length : (await stat(content.path)).size;
      const url = new URL(upload.location, base);
      url.searchParams.set('digest', digest);
      const body = Buffer.isBuffer(content) ? content : createReadStream(content.path);
      demand(
        'upload',
        await call('PUT', url.href, body, { 'content-type': 'application/octet-stream', 'content-length': String(size) }),
        201,
      );
    }
    for (const { digest, mediaType } of image.manifests) {
      const name = digest === image.root.digest ? tag : digest;
      demand(
        'manifest',
        await call('PUT', `/v2/${repository}/manifests/${name}`, blobBytes(image, digest), { 'content-type': mediaType }),
        201,
      );
    }
  } finally {
    await agent.close();
  }
};

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dropFromPageCache, templateFiles } from './page-cache.js';

test('finds the files of templates and drops them, or tells what is left', async () => {
  const home = await mkdtemp(join(tmpdir(), 'boxlite-page-cache-'));
  try {
    const template = join(home, 'templates', 'one');
    await mkdir(template, { recursive: true });
    for (const name of ['devices', 'memory']) await writeFile(join(template, name), Buffer.alloc(8192), { flush: true });
    const files = await templateFiles(home);
    expect(files.sort()).toEqual([join(template, 'devices'), join(template, 'memory')]);
    const left = await dropFromPageCache(files);
    expect(left).toBeGreaterThanOrEqual(0);
    expect(left).toBeLessThanOrEqual(2 * 8192);
  } finally {
    await rm(home, { recursive: true });
  }
});

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { codeImage } from '@boxlite/testbed';
import { useHome } from './support/home.js';

const examples = join(__dirname, '../../../../examples');
const expected = JSON.parse(readFileSync(join(examples, 'expected.json'), 'utf8')) as Record<string, string[]>;

describe('the examples in TypeScript', () => {
  useHome();

  it.each(Object.keys(expected))('%s', async (name) => {
    const loader = ['--import', 'tsx', '--conditions', '@boxlite/source'];
    const args = [...loader, join(examples, `typescript/${name}.ts`), ...(name === 'agent-tool' ? [(await codeImage()).layout] : [])];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 170_000, killSignal: 'SIGKILL' });
    expect(stdout.trim().split('\n')).toEqual(expected[name]);
  });
});

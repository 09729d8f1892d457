import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { codeImage } from '@boxlite/testbed';
import { pythonEnvironment } from './support/environment.js';

const examples = join(__dirname, '../../../../examples');
const expected = JSON.parse(readFileSync(join(examples, 'expected.json'), 'utf8')) as Record<string, string[]>;

describe('the examples in Python', () => {
  let home: string;
  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), 'boxlite-python-'));
  });
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  it.each(Object.keys(expected))('%s', async (name) => {
    const program = join(examples, `python/${name.replaceAll('-', '_')}.py`);
    const args = [program, ...(name === 'agent-tool' ? [(await codeImage()).layout] : [])];
    const options = { env: pythonEnvironment(home), timeout: 170_000, killSignal: 'SIGKILL' } as const;
    const { stdout } = await promisify(execFile)('python3', args, options);
    expect(stdout.trim().split('\n')).toEqual(expected[name]);
  });
});

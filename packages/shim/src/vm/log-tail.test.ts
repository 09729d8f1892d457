import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryDirectory } from '../testing/with-shim.js';
import { plainLines, readTail } from './log-tail.js';

describe('plainLines', () => {
  it.each([
    ['colour', '\u001b[1;31mred\u001b[0m\n', 'red\n'],
    ['a title', '\u001b]0;title\u0007text', 'text'],
    ['carriage returns', 'a\r\nb\r', 'a\nb'],
    ['a lone escape and bells', 'a\u001b\u0007\u0000b', 'ab'],
    ['C1 controls', 'a\u009b31mb', 'a31mb'],
    ['marks that turn text round', 'a\u202eb', 'ab'],
    ['tabs and letters, which stay', '\tgrüße 你好\n', '\tgrüße 你好\n'],
  ])('takes out %s', (_, text, plain) => {
    expect(plainLines(text)).toBe(plain);
  });

  it('is linear in a hostile text', () => {
    const text = '\u001b]'.repeat(2048);
    expect(plainLines(text)).not.toContain('\u001b');
  });
});

describe('readTail', () => {
  it('reads the last 4 KiB', async () => {
    await using directory = await temporaryDirectory();
    const path = join(directory.path, 'console.log');
    await writeFile(path, `start${'x'.repeat(5000)}end`);
    expect(await readTail(path)).toBe(`${'x'.repeat(4093)}end`);
  });

  it('is empty for what is not there or leads elsewhere', async () => {
    await using directory = await temporaryDirectory();
    expect(await readTail(join(directory.path, 'none'))).toBe('');
    await symlink('/etc/hostname', join(directory.path, 'link'));
    expect(await readTail(join(directory.path, 'link'))).toBe('');
  });
});

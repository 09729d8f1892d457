import { readFile } from 'node:fs/promises';
import { elfWithNote } from '../testing/elf.js';
import { ElfFile } from './elf-file.js';

describe('ElfFile', () => {
  test('names the libraries of a real program', async () => {
    const node = await ElfFile.read(process.execPath);
    expect(node.needed()).toContain('libc.so.6');
    expect(node.section('.text')?.length).toBeGreaterThan(1000);
    expect(node.section('.no-such-section')).toBeUndefined();
  });

  test('reads notes', () => {
    expect(ElfFile.parse(elfWithNote('Xen', 18)).notes()).toMatchObject([{ owner: 'Xen', type: 18 }]);
  });

  test('refuses other files', async () => {
    expect(() => ElfFile.parse(Buffer.from('#!/bin/sh\n'))).toThrow('not a 64-bit ELF file');
    const [node] = [await readFile(process.execPath)];
    node[4] = 1;
    expect(() => ElfFile.parse(node)).toThrow('not a 64-bit ELF file');
  });
});

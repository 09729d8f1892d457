import { changedMemory, mappingsOf, processMemory, smapsBytes } from './process-memory.js';

const SMAPS = `7f99d9bff000-7f99f9bff000 rw-p 00000000 fe:00 107                        /home/templates/d3be-b79e/memory
Rss:               46412 kB
Anonymous:         22240 kB
AnonHugePages:         0 kB
VmFlags: rd wr mr
7f99f9c00000-7f99fdbff000 rwxp 00000000 00:00 0 
Rss:                 100 kB
Anonymous:           100 kB
7f99ffd1f000-7f99ffd45000 r--p 00000000 fe:00 538                        /lib/libmemory
Rss:                   4 kB
Anonymous:             8 kB
`;

test('sums a field, and that field alone', () => {
  expect(smapsBytes(SMAPS, 'Anonymous')).toBe((22240 + 100 + 8) * 1024);
  expect(() => smapsBytes(SMAPS, 'Swap')).toThrow('Swap');
});

test('finds the mappings of a file by its name', () => {
  const mappings = mappingsOf(SMAPS, 'memory');
  expect(smapsBytes(mappings, 'Anonymous')).toBe(22240 * 1024);
  expect(mappingsOf(SMAPS, 'nothing')).toBe('');
});

test('reads a process that lives', async () => {
  const memory = await processMemory(process.pid);
  expect(memory.pss).toBeGreaterThan(memory.private / 2);
  expect(memory.private).toBeGreaterThan(1e6);
  await expect(changedMemory(process.pid)).rejects.toThrow('Anonymous');
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { programOf } from './program-of.js';

describe('programOf', () => {
  it.each([
    [['-c', 'sleep 60; :\n:', 'secret'], 'sh sleep 60; : :'],
    [['-c', `sleep 60; : ${'x'.repeat(100)}`], `sh …${'x'.repeat(59)}`],
    [['-s'], 'sh'],
  ])('is of sh %j: %s', async (args, expected) => {
    const child = spawn('/bin/sh', args, { detached: true });
    expect(programOf(child.pid as number)).toBe(expected);
    process.kill(-(child.pid as number));
    await once(child, 'close');
  });

  it('is not known of a process that is not there', () => {
    expect(programOf(0x7fff_ffff)).toBeUndefined();
  });
});

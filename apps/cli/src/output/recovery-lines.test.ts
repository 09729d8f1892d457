import { fakeCli } from '../testing/fake-cli.js';
import { recoveryLines } from './recovery-lines.js';

const BOX = '0123456789ab';
const damage = {
  action: 'kept-aside',
  kind: 'box',
  name: BOX,
  detail: 'bad \u001b[31mJSON; its files are kept in /home/boxes: repair them and open the home again, or remove the Box with force',
} as const;
const settled = { action: 'settled', kind: 'box', name: BOX, detail: 'it was running, and is stopped' } as const;
const removed = { action: 'removed', kind: 'file', name: '/home/x.tmp', detail: 'it was being written' } as const;

describe('recoveryLines', () => {
  it('says what is left out and what has ended, and nothing of mere tidying', () => {
    expect(recoveryLines({ durationMs: 1, actions: [removed] })).toEqual([]);
    expect(recoveryLines({ durationMs: 1, actions: [damage, removed, settled] })).toEqual([
      `the box ${BOX} is left out: bad ?[31mJSON; its files are kept in /home/boxes: repair them and run the command again, or remove the Box with 'boxlite rm --force'`,
      `a Box had ended while no program had the home: ${BOX}`,
    ]);
    expect(recoveryLines({ durationMs: 1, actions: [settled, settled] })).toEqual([
      `2 Boxes had ended while no program had the home: ${BOX}, ${BOX}`,
    ]);
  });

  it('are shown before a command, unless it is to be quiet', async () => {
    const loud = fakeCli();
    loud.runtime.recovery.actions.push(settled);
    expect(await loud.boxlite('ps')).toBe(0);
    expect(loud.stderr.text).toBe(`boxlite: a Box had ended while no program had the home: ${BOX}\n`);
    const quiet = fakeCli();
    quiet.runtime.recovery.actions.push(settled);
    expect(await quiet.boxlite('--quiet', 'ps')).toBe(0);
    expect(quiet.stderr.text).toBe('');
  });
});

import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from './eventually.js';
import { childrenOf } from './processes.js';

/** Kinds of descriptors that Boxes need: sockets, watches of processes and files, memory, and whatever lies in the home. */
const OURS = /^(socket:|pipe:|anon_inode:|\/memfd:)/;

const descriptors = (home: string): string[] =>
  readdirSync('/proc/self/fd')
    .map((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`);
      } catch {
        return '';
      }
    })
    .filter((target) => OURS.test(target) || target.startsWith(home));

const filesIn = (directory: string): string[] => (existsSync(directory) ? readdirSync(directory) : []);

/** All that is there of Boxes when there are none: no file but templates, images and logs. */
const remains = (home: string): string[] => [
  ...['boxes', 'disks', 'standby'].flatMap((name) => filesIn(join(home, name)).map((file) => `${name}/${file}`)),
  ...filesIn(join(home, 'templates')).flatMap((id) =>
    filesIn(join(home, 'templates', id))
      .filter((file) => !['memory', 'devices', 'disk', 'template.json'].includes(file))
      .map((file) => `templates/${id}/${file}`),
  ),
];

/** To be called at the end of a file: when all its tests have run, nothing of a Box is left, neither in this process nor in the home. */
export const itLeavesNothing = (homeOf: () => string): void => {
  const before = { children: childrenOf(process.pid), descriptors: new Set(descriptors('/')) };

  describe('when all is over', () => {
    it('leaves no process, descriptor or file behind', async () => {
      const home = homeOf();
      expect(remains(home)).toEqual([]);
      expect(childrenOf(process.pid)).toEqual(before.children);
      // They are closed at the next turn of the event loop, or a later one.
      const left = (): string[] => descriptors(home).filter((target) => !before.descriptors.has(target));
      await eventually('descriptors to be closed', () => left().length === 0 || undefined, 5_000).catch(() => expect(left()).toEqual([]));
    });
  });
};

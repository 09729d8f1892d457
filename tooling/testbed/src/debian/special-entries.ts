import type { TarEntry } from '../image/tar-writer.js';

/** A name as long as a file system allows, and one that is no UTF-8. */
export const LONG_NAME = 'n'.repeat(255);
export const NON_UTF8_NAME = Buffer.concat([Buffer.from('opt/testbed/latin-'), Buffer.from([0xe9, 0xff])]);

/** What the last layer deletes: single files by whiteouts, and all that lower layers have in a directory. */
export const DELETED = ['usr/share/doc/bash', 'usr/share/doc/coreutils/copyright'] as const;
export const OPAQUE = 'usr/share/doc/git';

const whiteout = (path: string): TarEntry => ({ name: path.replace(/([^/]+)$/, '.wh.$1'), content: '' });

/** In the second layer, to be changed by the third. */
export const BELOW: readonly TarEntry[] = [
  { name: 'opt/testbed/', type: 'directory' },
  { name: 'opt/testbed/becomes-directory', content: 'a file below' },
  { name: 'opt/testbed/becomes-file/', type: 'directory' },
  { name: 'opt/testbed/becomes-file/inside', content: 'gone with its directory' },
  { name: 'opt/testbed/mode-changes', content: 'x', mode: 0o644 },
  { name: 'opt/testbed/one', content: 'shared content\n' },
  { name: 'opt/testbed/two', type: 'link', linkname: 'opt/testbed/one' },
];

/** In the third layer: deletions, and one of each kind of entry that is easily got wrong. */
export const SPECIAL: readonly TarEntry[] = [
  ...DELETED.map(whiteout),
  { name: `${OPAQUE}/`, type: 'directory' },
  { name: `${OPAQUE}/.wh..wh..opq`, content: '' },
  { name: `${OPAQUE}/only-this`, content: 'of all that was here\n' },
  { name: 'opt/testbed/becomes-directory/', type: 'directory' },
  { name: 'opt/testbed/becomes-directory/inside', content: 'a directory above\n' },
  { name: 'opt/testbed/becomes-file', content: 'a file above\n' },
  { name: 'opt/testbed/mode-changes', content: 'x', mode: 0o600, uid: 1000, gid: 1000 },
  { name: 'opt/testbed/setuid', content: '#!/bin/sh\n', mode: 0o4755 },
  { name: 'opt/testbed/setgid', content: '#!/bin/sh\n', mode: 0o2755, gid: 50 },
  { name: 'opt/testbed/sticky/', type: 'directory', mode: 0o1777 },
  { name: 'opt/testbed/owner', content: '', uid: 3_000_000, gid: 4_000_000 },
  { name: 'opt/testbed/null', type: 'character-device', devmajor: 1, devminor: 3, mode: 0o666 },
  { name: 'opt/testbed/loop', type: 'block-device', devmajor: 7, devminor: 0, mode: 0o660, gid: 6 },
  { name: 'opt/testbed/fifo', type: 'fifo' },
  { name: 'opt/testbed/relative', type: 'symlink', linkname: '../testbed/one' },
  { name: 'opt/testbed/absolute', type: 'symlink', linkname: '/opt/testbed/one' },
  { name: 'opt/testbed/dangling', type: 'symlink', linkname: '/nowhere' },
  { name: 'opt/testbed/three', content: 'linked within the layer\n' },
  { name: 'opt/testbed/four', type: 'link', linkname: 'opt/testbed/three' },
  { name: 'opt/testbed/five', type: 'link', linkname: './opt/testbed/one' },
  { name: 'opt/testbed/attributes', content: '', xattrs: { 'user.boxlite': 'value', 'user.binary': Buffer.from([0, 1, 255]) } },
  {
    // CAP_NET_RAW, permitted and effective (struct vfs_cap_data, revision 2).
    name: 'opt/testbed/capability',
    content: '',
    mode: 0o755,
    xattrs: { 'security.capability': Buffer.from('0100000200200000000000000000000000000000', 'hex') },
  },
  { name: `opt/testbed/${LONG_NAME}`, content: 'long\n' },
  { name: NON_UTF8_NAME, content: 'not UTF-8\n' },
  { name: 'opt/testbed/ünïcödé ☃', content: 'UTF-8\n' },
];

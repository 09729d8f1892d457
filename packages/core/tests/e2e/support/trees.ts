import { execFileSync } from 'node:child_process';
import fc from 'fast-check';

/** What a tree is, as text, by Python in the Box or on the host: kind, mode, owner, time, size, blocks that are holes, names, content, attributes. */
export const DESCRIBE = `
import os, stat, hashlib, sys
top = os.fsencode(sys.argv[1])
owners = len(sys.argv) > 2
names = {}
def tell(path, at):
    s = os.lstat(at)
    kind = stat.S_IFMT(s.st_mode)
    rest = b''
    if kind == stat.S_IFREG:
        with open(at, 'rb') as f: rest = hashlib.sha256(f.read()).hexdigest().encode()
        if s.st_size > s.st_blocks * 512 + 65536: rest += b' sparse'
    if kind == stat.S_IFLNK: rest = os.readlink(at)
    size = s.st_size if kind != stat.S_IFDIR else 0
    if s.st_nlink > 1 and kind != stat.S_IFDIR: names.setdefault(s.st_ino, []).append(path)
    xattrs = [] if kind not in (stat.S_IFREG, stat.S_IFDIR) else [(n, os.getxattr(at, n)) for n in sorted(os.listxattr(at)) if n.startswith('user.')]
    print(ascii(path), oct(s.st_mode), (s.st_uid, s.st_gid) if owners else '', s.st_mtime_ns, size, ascii(rest), xattrs)
    if kind == stat.S_IFDIR:
        # Paths of deep trees are longer than the kernel takes.
        here = os.open('.', os.O_RDONLY)
        os.chdir(at)
        for name in sorted(os.listdir(b'.')): tell(path + b'/' + name, name)
        os.fchdir(here)
        os.close(here)
tell(b'', top)
print(sorted(sorted(n) for n in names.values()))
`;

/** Makes the tree that it is told of; names are text of one byte for each character. */
const MAKE = `
import json, os, sys
last = []
def make(node, name):
    kind = node['kind']
    if kind == 'file':
        with open(name, 'wb') as f:
            for size, byte in node['pieces']:
                # Every third piece is a hole.
                f.seek(size, 1) if byte % 3 == 0 else f.write(bytes([byte]) * size)
            f.truncate()
        last[:] = [os.path.join(os.getcwdb(), name)]
    elif kind == 'directory':
        os.mkdir(name)
        here = os.open('.', os.O_RDONLY)
        os.chdir(name)
        for index, (child, wanted) in enumerate(zip(node['children'], node['names'])):
            make(child, (str(index) + '-' + wanted).encode('latin1')[:255])
        os.fchdir(here)
        os.close(here)
    elif kind == 'symlink': os.symlink(node['target'].encode('latin1'), name)
    elif kind == 'fifo': os.mkfifo(name)
    elif kind == 'link':
        if last: os.link(last[0], name)
        return
    if os.getuid() == 0: os.lchown(name, *node['owner'])
    if kind != 'symlink':
        if kind != 'fifo' and node['xattr']:
            try: os.setxattr(name, 'user.note', node['xattr'].encode('latin1'))
            except OSError: pass
        os.chmod(name, node['mode'])
    os.utime(name, ns=(0, node['time']), follow_symlinks=False)
make(json.load(sys.stdin), os.fsencode(sys.argv[1]))
`;

export type TreeNode = Record<string, unknown>;

const text = (size: { minLength?: number; maxLength: number }) =>
  fc.string({ ...size, unit: fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)) });
const name = fc
  .oneof({ weight: 5, arbitrary: text({ maxLength: 20 }) }, { weight: 1, arbitrary: fc.constant('n'.repeat(255)) })
  .map((chars) => chars.replaceAll('/', '|'));
const common = {
  owner: fc.tuple(fc.nat(70_000), fc.nat(70_000)),
  // In nanoseconds, before 1970 and after 2038, as far as JavaScript's numbers are exact.
  time: fc.integer({ min: -9_000_000, max: 9_000_000 }).map((seconds) => seconds * 1_000_000_000 + 7),
  xattr: fc.option(text({ minLength: 1, maxLength: 100 }), { nil: '' }),
};
const size = fc.oneof(fc.nat(40), fc.constantFrom(4096, 65_536, 131_064, 131_072, 300_001));

/** Of all kinds of files, with names of any bytes. */
export const trees: fc.Arbitrary<TreeNode> = fc.letrec<{ node: TreeNode; directory: TreeNode }>((tie) => ({
  directory: fc.array(fc.tuple(tie('node'), name), { maxLength: 7 }).chain((children) =>
    fc.record({
      ...common,
      kind: fc.constant('directory'),
      children: fc.constant(children.map(([node]) => node)),
      names: fc.constant(children.map(([, wanted]) => wanted)),
      mode: fc.nat(0o1777).map((mode) => mode | 0o700),
    }),
  ),
  node: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    {
      weight: 4,
      arbitrary: fc.record({
        ...common,
        kind: fc.constant('file'),
        pieces: fc.array(fc.tuple(size, fc.nat(255)), { maxLength: 4 }),
        mode: fc.nat(0o777).map((mode) => mode | 0o400),
      }),
    },
    { weight: 1, arbitrary: fc.record({ ...common, kind: fc.constant('symlink'), target: text({ minLength: 1, maxLength: 300 }) }) },
    { weight: 1, arbitrary: fc.record({ ...common, kind: fc.constant('fifo'), mode: fc.nat(0o777) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('link') }) },
    { weight: 2, arbitrary: tie('directory') },
  ),
})).directory;

export const makeTree = (path: string, tree: TreeNode): void => {
  execFileSync('python3', ['-c', MAKE, path], { input: JSON.stringify(tree) });
};

/** @param owners - whether it tells them */
export const describeOnHost = (path: string, owners = false): string =>
  execFileSync('python3', ['-c', DESCRIBE, path, ...(owners ? ['owners'] : [])], { encoding: 'utf8', maxBuffer: 1 << 26 }).trimEnd();

/** Who may not write to the file may not give it attributes either, though it is theirs. */
export const READ_ONLY_WITH_ATTRIBUTE = {
  kind: 'directory',
  owner: [0, 0],
  time: 7,
  xattr: '',
  mode: 0o700,
  names: [''],
  children: [{ kind: 'file', owner: [0, 0], time: 7, xattr: 'note', mode: 0o400, pieces: [] }],
} as TreeNode;

import { sh } from '../e2e/support/boxes.js';
import { useBox } from '../e2e/support/one-box.js';
import { software } from '../e2e/support/software.js';

/** A package with a configuration file, a dependency, maintainer scripts, and a user of its own. */
const CONTROL = `Package: hello-box
Version: VERSION
Architecture: all
Maintainer: You <you@example.com>
Depends: adduser, python3
Description: A service that says hello
`;

const POSTINST = `#!/bin/sh
set -e
echo "postinst $1 $2" >>/var/log/hello-box
if [ "$1" = configure ]; then
  adduser --quiet --system --group --home /var/lib/hello-box hello-box
  install -d -o hello-box -g hello-box -m 750 /var/lib/hello-box
fi
`;

const PRERM = `#!/bin/sh
echo "prerm $1" >>/var/log/hello-box
`;

const POSTRM = `#!/bin/sh
set -e
echo "postrm $1" >>/var/log/hello-box
if [ "$1" = purge ]; then deluser --quiet --system hello-box; rm -rf /var/lib/hello-box; fi
`;

const PROGRAM = `#!/usr/bin/python3
import getpass
print("hello from", getpass.getuser(), "VERSION")
`;

describe('packages of Debian', () => {
  const one = useBox(software);

  /** Builds the package in the Box and gives the path of its file. */
  const build = async (version: string): Promise<string> => {
    const root = `/root/hello-box-${version}`;
    const files = one.box.files;
    for (const directory of ['DEBIAN', 'usr/bin', 'etc']) await files.mkdir(`${root}/${directory}`, { parents: true });
    const write = (path: string, text: string, mode = 0o644): Promise<void> =>
      files.write(`${root}/${path}`, text.replaceAll('VERSION', version), { mode });
    await write('DEBIAN/control', CONTROL);
    await write('DEBIAN/conffiles', '/etc/hello-box.conf\n');
    await write('DEBIAN/postinst', POSTINST, 0o755);
    await write('DEBIAN/prerm', PRERM, 0o755);
    await write('DEBIAN/postrm', POSTRM, 0o755);
    await write('usr/bin/hello-box', PROGRAM, 0o755);
    await write('etc/hello-box.conf', 'greeting=hello\n');
    await sh(one.box, `dpkg-deb --root-owner-group --build ${root} ${root}.deb`);
    return `${root}.deb`;
  };

  const apt = (...args: string[]) =>
    one.box.run('apt-get', ['-q', '-y', ...args], { check: true, env: { DEBIAN_FRONTEND: 'noninteractive' }, timeoutMs: 150_000 });

  it('are installed, upgraded and purged by apt, with their scripts and users', async () => {
    await apt('install', await build('1.0'));
    expect(await sh(one.box, 'dpkg-query -W -f "\\${Status} \\${Version}" hello-box')).toBe('install ok installed 1.0');
    expect(await sh(one.box, 'hello-box', { user: 'hello-box' })).toBe('hello from hello-box 1.0');
    expect(await sh(one.box, 'stat -c "%U:%G %a" /var/lib/hello-box; getent passwd hello-box | cut -d: -f1,6')).toBe(
      'hello-box:hello-box 750\nhello-box:/var/lib/hello-box',
    );
    await sh(one.box, 'echo greeting=mine >/etc/hello-box.conf');
    await apt('-o', 'Dpkg::Options::=--force-confold', 'install', await build('2.0'));
    expect(await sh(one.box, 'hello-box; cat /etc/hello-box.conf', { user: 'hello-box' })).toBe('hello from hello-box 2.0\ngreeting=mine');
    await apt('purge', 'hello-box');
    expect(
      await sh(one.box, 'cat /var/log/hello-box; getent passwd hello-box; ls -d /etc/hello-box.conf /var/lib/hello-box 2>&1; true'),
    ).toBe(
      [
        'postinst configure ',
        'prerm upgrade',
        'postrm upgrade',
        'postinst configure 1.0',
        'prerm remove',
        'postrm remove',
        'postrm purge',
        "ls: cannot access '/etc/hello-box.conf': No such file or directory",
        "ls: cannot access '/var/lib/hello-box': No such file or directory",
      ].join('\n'),
    );
    expect(await sh(one.box, 'dpkg --audit; apt-get check -q 2>&1 | tail -1')).not.toMatch(/broken|error/i);
  });
});

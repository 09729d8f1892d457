import { commands } from '../command.js';

const python = (program: string): string[] => ['python3', '-c', program];

/** The file systems of the container. */
export const files = commands({
  'names in /': 'ls -A /',
  'modes in /': 'stat -c "%A %u:%g %n" /* | grep -v " /proc$" | grep -v " /sys$"',
  'mode of /': 'stat -c "%A %u:%g" /',
  'names in /etc': 'ls -A /etc',
  'files of the network': 'cat /etc/hosts /etc/hostname /etc/resolv.conf; stat -c "%A %u:%g %F" /etc/hosts /etc/hostname /etc/resolv.conf',
  'names in /dev': 'ls -A /dev',
  devices: 'cd /dev; stat -c "%A %u:%g %t:%T %n" null zero full random urandom tty console 2>&1',
  'links in /dev': 'cd /dev; for l in fd stdin stdout stderr ptmx core; do echo $l $(readlink $l); done',
  'directories in /dev': 'stat -c "%A %u:%g %n" /dev /dev/pts /dev/shm /dev/mqueue; ls -A /dev/shm /dev/mqueue',
  'size of /dev/shm': 'df -k --output=size,target /dev/shm /dev | tail -2; stat -f -c %T /dev/shm',
  'writing to /dev': 'touch /dev/x; echo $?; rm -f /dev/x',
  'running from /dev/shm': 'cp /bin/true /dev/shm/true; /dev/shm/true; echo $?; rm /dev/shm/true',
  'use of devices':
    'head -c 4 /dev/zero | od -An -tx1; echo x >/dev/null; echo x >/dev/full; head -c 8 /dev/urandom | wc -c; head -c 8 /dev/random | wc -c',
  'new terminals': python('import os, pty; m, s = pty.openpty(); print(os.ttyname(s)); os.write(s, b"hi"); print(os.read(m, 2))'),
  'mode of a terminal': python('import os, pty, stat; m, s = pty.openpty(); t = os.fstat(s); print(oct(t.st_mode), t.st_uid, t.st_gid)'),
  'kind of file systems': 'stat -f -c %T / /proc /sys /dev /dev/pts /dev/shm /tmp',
  'writing to /': 'echo hi >/new; cat /new; stat -c "%A %u:%g" /new; rm /new',
  'names that are long':
    'f=$(printf "%0255d" 0); touch /tmp/$f && ls /tmp | grep -c $f; rm /tmp/$f; touch /tmp/1$f 2>&1 | grep -o "File name too long"',
  'names that are not UTF-8': python(
    'import os; os.close(os.open(b"/tmp/\\xff\\xfe", os.O_CREAT)); print([n for n in os.listdir(b"/tmp") if b"\\xff" in n]); os.unlink(b"/tmp/\\xff\\xfe")',
  ),
  'hard links': 'cd /tmp; echo a >a; ln a b; stat -c %h a; test a -ef b && echo same; rm a b',
  'hard links to the image':
    'ln /etc/os-release.x /tmp/l 2>&1 | grep -o "No such.*"; cp -a /etc/debian_version /tmp/v; ln /etc/debian_version /tmp/l; stat -c %h /tmp/l; rm /tmp/l /tmp/v',
  'rename of a directory of the image':
    'mv /opt/testbed/sticky /opt/moved; ls -d /opt/moved; mv /opt/moved /opt/testbed/sticky; ls -d /opt/testbed/sticky',
  'removal of a directory of the image': 'rm -r /usr/share/doc/tar; mkdir /usr/share/doc/tar; ls -A /usr/share/doc/tar | wc -l',
  'extended attributes': python(
    'import os; open("/tmp/x", "w"); os.setxattr("/tmp/x", "user.a", b"1"); print(os.listxattr("/tmp/x"), os.getxattr("/opt/testbed/attributes", "user.boxlite")); os.unlink("/tmp/x")',
  ),
  'access control lists': python(
    'import os\ntry:\n  print(os.getxattr("/tmp", "system.posix_acl_access"))\nexcept OSError as e: print(e.strerror)',
  ),
  'sparse files': 'truncate -s 1G /tmp/s; stat -c "%s %b" /tmp/s; rm /tmp/s',
  'times of files': 'touch -d "2001-02-03 04:05:06.789012345Z" /tmp/t; stat -c %y /tmp/t; rm /tmp/t',
  'files without names': python('import os; f = os.open("/tmp", os.O_TMPFILE | os.O_RDWR); os.write(f, b"x"); print(os.fstat(f).st_nlink)'),
  'files in memory': python('import os; f = os.memfd_create("m"); os.write(f, b"abc"); print(os.pread(f, 3, 0))'),
  locks: 'flock /tmp/lock -c "flock -n /tmp/lock true; echo \\$?"; rm /tmp/lock',
  watches: python('import ctypes; c = ctypes.CDLL(None); f = c.inotify_init(); print(f > 0, c.inotify_add_watch(f, b"/tmp", 0x100))'),
  'special files of the image':
    'cd /opt/testbed; stat -c "%A %u:%g %F %n" setuid setgid sticky owner null loop fifo relative absolute dangling capability',
  'kinds of /tmp and /run': 'stat -c "%A %u:%g" /tmp /run /var/tmp /root; touch /tmp/x && rm /tmp/x',
  'maps of shared memory': python('import mmap, os; m = mmap.mmap(-1, 1 << 20); m[:3] = b"abc"; print(m[:3])'),
  'large writes': 'dd if=/dev/zero of=/tmp/big bs=1M count=8 status=none; stat -c %s /tmp/big; sync /tmp/big; rm /tmp/big',
});

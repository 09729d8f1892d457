import { commands } from '../command.js';

const CHANGE_HOST = 'hostname other 2>&1; hostname';

/** What root in the container may do, and what not even root may. */
export const rights = commands({
  capabilities: 'grep ^Cap /proc/self/status',
  'capabilities of a child': 'sh -c "grep ^Cap /proc/self/status"',
  'capabilities after exec as another user': 'setpriv --reuid=1000 --clear-groups grep ^Cap /proc/self/status',
  'change of the host name': CHANGE_HOST,
  'mount of a tmpfs': 'mount -t tmpfs none /mnt; echo $?',
  'mount of proc': 'mount -t proc proc /mnt; echo $?',
  'bind mount': 'mount --bind /etc /mnt; echo $?',
  unmount: 'umount /proc/sys; echo $?; umount /dev/shm; echo $?',
  'remount of sys': 'mount -o remount,rw /sys; echo $?',
  'change of the clock': 'date -s @0 2>&1 | head -1; test $(date +%s) -gt 1000000000 && echo unchanged',
  chroot: 'chroot / /bin/true; echo $?',
  mknod: 'mknod /tmp/n c 1 3; stat -c "%F %t:%T" /tmp/n; cat /tmp/n; echo $?; rm -f /tmp/n',
  'device that is not allowed': 'mknod /tmp/m c 1 1; cat /tmp/m; echo $?; rm -f /tmp/m',
  'disk that is not allowed': 'mknod /tmp/d b 8 0; cat /tmp/d; echo $?; rm -f /tmp/d',
  chown: 'touch /tmp/c; chown 123:456 /tmp/c; stat -c "%u %g" /tmp/c; rm /tmp/c',
  'kill across users': 'setpriv --reuid=1000 --clear-groups sleep 5 & sleep 0.3; kill $!; wait $! 2>/dev/null; echo $?',
  'raw sockets': ['python3', '-c', 'import socket; socket.socket(socket.AF_INET, socket.SOCK_RAW, 1); print("opened")'],
  'packet sockets': ['python3', '-c', 'import socket; socket.socket(socket.AF_PACKET, socket.SOCK_RAW); print("opened")'],
  'low ports': ['python3', '-c', 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 80)); print("bound")'],
  'negative nice values': 'nice -n -5 nice; echo $?',
  'real-time priority': 'chrt -f 10 true; echo $?',
  'locked memory': [
    'python3',
    '-c',
    'import ctypes; c = ctypes.CDLL(None); b = ctypes.create_string_buffer(1 << 16); print(c.mlock(b, 1 << 16))',
  ],
  'kernel log': 'dmesg 2>&1 | tail -1',
  'loading of modules':
    'python3 -c "import ctypes, os; c = ctypes.CDLL(None, use_errno=True); print(c.syscall(175, 0, 0, 0), os.strerror(ctypes.get_errno()))"',
  reboot: [
    'python3',
    '-c',
    'import ctypes, os; c = ctypes.CDLL(None, use_errno=True); print(c.reboot(0), os.strerror(ctypes.get_errno()))',
  ],
  'file capabilities':
    "cp /bin/true /tmp/cap; python3 -c \"import os; os.setxattr('/tmp/cap', 'security.capability', bytes.fromhex('0100000200200000000000000000000000000000')); print(os.getxattr('/tmp/cap', 'security.capability').hex())\"; rm -f /tmp/cap",
  'trusted attributes': "touch /tmp/t; python3 -c \"import os; os.setxattr('/tmp/t', 'trusted.x', b'1')\" 2>&1 | tail -1; rm -f /tmp/t",
  'immutable files': 'touch /tmp/im; chattr +i /tmp/im 2>&1 | head -1; rm -f /tmp/im; test -e /tmp/im || echo gone',
  'raised limits': 'ulimit -n 524288 && ulimit -Hn; ulimit -Hn 600000; echo $?',
});

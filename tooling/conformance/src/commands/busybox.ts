import { commands } from '../command.js';

/** In an image that has next to nothing. */
export const busybox = commands(
  {
    environment: 'env | sort',
    identity: 'id; pwd; umask; ulimit -n; ulimit -Hn',
    'names in /': 'ls -A /',
    'names in /etc': "ls -lA /etc | awk '{ print $1, $3, $4, $NF }'",
    'names in /dev': 'ls -A /dev',
    mounts: 'cut -d" " -f1-4 /proc/mounts | grep -v "^[^ ]* / "',
    capabilities: 'grep -E "^(Cap|Seccomp:|NoNewPrivs)" /proc/self/status',
    'home without accounts': 'echo $HOME; cd; pwd',
    'words of a shell': 'for i in 1 2 3; do echo $((i * i)); done | sort -r; echo "a b" | wc',
    'pipes and files': 'echo hello | tee /tmp-x | tr a-z A-Z; cat /tmp-x; rm /tmp-x',
    'killed by SIGTERM': 'kill $$',
    'exit status': 'exit 42',
    'missing command': 'no-such-command',
    'names of hosts': 'cat /etc/hosts; cat /etc/hostname; hostname',
    interfaces: 'ip addr show lo | grep -o "inet6* [^ ]*"; ip route | wc -l',
    'process list': 'ps -o comm | grep -c "^ps$"',
  },
  { image: 'busybox' },
);

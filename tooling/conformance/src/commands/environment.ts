import { commands } from '../command.js';

/** What a process is born with: variables, working directory, arguments, standard streams. */
export const environment = [
  ...commands({
    'environment variables': 'env | sort',
    'environment of a program': ['env'],
    'working directory': 'pwd; readlink /proc/self/cwd; echo "$PWD"',
    home: 'echo "$HOME"; cd; pwd',
    umask: 'umask; touch /tmp/umask; mkdir /tmp/umask-d; stat -c %a /tmp/umask /tmp/umask-d; rm -r /tmp/umask*',
    'nice value': 'nice; cut -d" " -f18-19,41 /proc/self/stat',
    'scheduling policy': 'chrt -p $$ | sed "s/[0-9]*\'s/own/"',
    'host name': 'hostname; cat /etc/hostname; uname -n; cat /proc/sys/kernel/hostname',
    'domain name': 'cat /proc/sys/kernel/domainname; hostname -d',
    'time zone': 'date +%Z; ls -l /etc/localtime | cut -c1-10',
    personality: 'cat /proc/self/personality',
    'open descriptors': ['ls', '/proc/self/fd'],
    'kind of stdin': 'stat -L -c "%F %t:%T" /dev/stdin',
    'kind of stdout': 'stat -L -c %F /dev/stdout; stat -L -c %F /dev/stderr',
    'flags of descriptors': 'python3 -c "import fcntl; print([oct(fcntl.fcntl(fd, fcntl.F_GETFL)) for fd in (0, 1, 2)])"',
    'no terminal': 'tty; test -t 0 || echo no; sh -c ": </dev/tty" 2>&1 | sed "s/.*://"',
    'empty stdin': 'wc -c',
    'argument with spaces and quotes': ['printf', '[%s]\n', 'a b', '"c"', "d'e", '', '$HOME', '*', 'ünï'],
    'no arguments of its own': ['python3', '-c', 'import sys; print(sys.argv, sys.orig_argv)'],
    'own name': 'tr "\\0" " " </proc/self/cmdline; echo; cat /proc/self/comm',
  }),
  ...commands(
    { 'variables that are given': 'echo "$A|$B|$PATH|$HOME"; env | grep -c .' },
    { env: { A: '1', B: 'x y\nz=', PATH: '/bin:/usr/bin' } },
  ),
  ...commands({ 'home that is given': 'echo "$HOME"; cd; pwd' }, { env: { HOME: '/srv' } }),
  ...commands({ 'directory that is given': 'pwd; ls -d .' }, { workingDir: '/usr/share' }),
  ...commands({ 'input that is given': 'cat; echo "[$?]"' }, { stdin: 'one\ntwo' }),
  ...commands({ 'input of a program': ['sort', '-r'] }, { stdin: 'a\nb\nc\n' }),
];

import { commands } from '../command.js';

/** Resource limits and the cgroup. */
export const limits = commands({
  'resource limits': ['cat', '/proc/self/limits'],
  'limits of the shell': ['bash', '-c', 'ulimit -a'],
  'hard limits of the shell': ['bash', '-c', 'ulimit -Ha'],
  'limits of the first process': 'grep -E "open files|processes|core" /proc/1/limits',
  'more open files than allowed': [
    'python3',
    '-c',
    'import os\nn = 0\ntry:\n  while True: os.dup(0); n += 1\nexcept OSError as e: print(n, e.strerror)',
  ],
  'size of the stack': ['python3', '-c', 'import resource; print(resource.getrlimit(resource.RLIMIT_STACK))'],
  'cgroup of a process': 'grep ^0: /proc/self/cgroup',
  'cgroup mount': 'grep cgroup /proc/self/mounts',
  'cgroup is read-only': 'mkdir /sys/fs/cgroup/x; echo $?; echo 1 >/sys/fs/cgroup/cgroup.procs; echo $?',
  'kind of cgroup': 'cat /sys/fs/cgroup/cgroup.type; cat /sys/fs/cgroup/cgroup.events',
  'files of the cgroup': 'ls /sys/fs/cgroup | grep ^cgroup',
  'controllers of the cgroup': 'cat /sys/fs/cgroup/cgroup.controllers | tr " " "\\n"; cat /sys/fs/cgroup/cgroup.subtree_control',
  'processes of the cgroup': 'grep -c ^0$ /sys/fs/cgroup/cgroup.procs; grep -c ^$$\\$ /sys/fs/cgroup/cgroup.procs',
  'limit of processes': 'cat /sys/fs/cgroup/pids.max',
  'limit of memory': 'cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory.high /sys/fs/cgroup/memory.oom.group',
  'limit of processor time': 'cat /sys/fs/cgroup/cpu.max /sys/fs/cgroup/cpu.weight',
  'memory events': 'cat /sys/fs/cgroup/memory.events',
  'paths above the cgroup': 'cat /proc/self/mountinfo | awk \'$5 == "/sys/fs/cgroup" { print $4 }\'',
});

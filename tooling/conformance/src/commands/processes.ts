import { commands } from '../command.js';

const python = (program: string): string[] => ['python3', '-c', program];

/** Processes: how they end, their signals, groups and sessions, and who reaps them. */
export const processes = commands({
  'exit status': 'exit 7',
  'exit status 255': 'exit 255',
  'status of a command that is not there': 'no-such-command',
  'status of a file that is no program': '/etc/passwd',
  'status of a missing interpreter': 'printf "#!/no/such\\n" >/tmp/i; chmod +x /tmp/i; /tmp/i; s=$?; rm /tmp/i; exit $s',
  'killed by SIGTERM': 'kill -TERM $$',
  'killed by SIGKILL': 'kill -KILL $$',
  'killed by SIGSEGV': 'kill -SEGV $$',
  'killed child': 'sh -c "kill -9 \\$\\$"; echo $?',
  'broken pipe': 'yes | head -1; echo "${PIPESTATUS:-none}"',
  'broken pipe kills': ['bash', '-c', 'yes | head -1; echo ${PIPESTATUS[0]}'],
  'signal dispositions': 'grep -E "^Sig(Blk|Ign|Cgt)" /proc/self/status',
  'signal mask of a program': ['grep', '-E', '^(Sig|Shd)(Blk|Ign|Cgt|Pnd)', '/proc/self/status'],
  'process group and session': python('import os; print(os.getpid() == os.getsid(0) == os.getpgrp(), os.getppid())'),
  'process status': 'grep -E "^(Umask|TracerPid|Groups|FDSize|Threads|NoNewPrivs|Seccomp|Seccomp_filters):" /proc/self/status',
  'seccomp mode': 'grep ^Seccomp: /proc/self/status',
  'depth of the PID namespace': 'awk "/^NSpid/ { print NF }" /proc/self/status',
  'oom adjustment': 'cat /proc/self/oom_score_adj /proc/self/coredump_filter',
  'no new privileges': 'grep NoNewPrivs /proc/self/status',
  dumpable: python('import ctypes; print(ctypes.CDLL(None).prctl(3))'),
  'parent-death signal': python('import ctypes; n = ctypes.c_int(); ctypes.CDLL(None).prctl(2, ctypes.byref(n)); print(n.value)'),
  'child subreaper': python('import ctypes; n = ctypes.c_int(); ctypes.CDLL(None).prctl(37, ctypes.byref(n)); print(n.value)'),
  securebits: python('import ctypes; print(ctypes.CDLL(None).prctl(27))'),
  'timer slack': 'cat /proc/self/timerslack_ns 2>&1',
  'first process': 'stat -c "%u %g" /proc/1; grep -E "^(PPid|Uid|NoNewPrivs)" /proc/1/status',
  'first process cannot be killed': 'kill -KILL 1; sleep 0.1; test -d /proc/1 && echo alive',
  'orphans are reaped':
    '(sh -c "exit 3" & exec sleep 0.1) & wait; sleep 0.2; ps -e -o stat= 2>/dev/null | grep -c Z; cat /proc/[0-9]*/stat | grep -c ") Z "',
  // A shell says that a job was killed or does not, as it happens to hear of it.
  'background child': 'exec 2>/dev/null; sleep 5 & kill $!; wait $!; echo $?',
  'job of a thousand children': 'i=0; while [ $i -lt 200 ]; do (exit 0); i=$((i+1)); done; echo $i',
  threads: python(
    'import threading; ts = [threading.Thread(target=lambda: None) for _ in range(50)]; [t.start() for t in ts]; [t.join() for t in ts]; print(len(ts))',
  ),
  'trace of a child': python(
    'import ctypes, os\nc = ctypes.CDLL(None, use_errno=True)\npid = os.fork()\nif pid == 0:\n  print(c.ptrace(0, 0, 0, 0), flush=True); os._exit(3)\nprint(os.waitpid(pid, 0)[1])',
  ),
  'user namespace': 'unshare --user --map-root-user id -u 2>&1',
  'mount namespace': 'unshare --mount true 2>&1; echo $?',
  'network namespace': 'unshare --net true 2>&1; echo $?',
  pidfd: python(
    'import os, signal; p = os.fork() or os._exit(4); f = os.pidfd_open(p); print(os.waitid(os.P_PIDFD, f, os.WEXITED).si_status)',
  ),
  'core dumps': 'cat /proc/sys/kernel/core_uses_pid; ulimit -c',
});

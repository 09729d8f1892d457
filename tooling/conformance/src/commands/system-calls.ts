import { commands } from '../command.js';

/** Whose answer is not about what is allowed: they end or block the caller, or take effect with any argument. */
const NOT_PROBED = [15, 34, 35, 37, 56, 57, 58, 59, 60, 61, 130, 162, 219, 231, 247, 322, 335, 336, 435];

/** Calls every number with arguments that are wrong for nearly all, and tells those that answer EPERM or ENOSYS. */
const PROBE = `
import ctypes, sys
call = ctypes.CDLL(None, use_errno=True).syscall
skip = ${JSON.stringify(NOT_PROBED)}
wrong = ctypes.c_long(-1)
found = {1: [], 38: []}
for number in list(range(0, 451)):
    if number in skip: continue
    ctypes.set_errno(0)
    if call(ctypes.c_long(number), *[wrong] * 6) == -1 and ctypes.get_errno() in found:
        found[ctypes.get_errno()].append(number)
for errno, numbers in found.items():
    for number in numbers: print(errno, number)
`;

const one = (number: number, ...args: number[]): string[] => [
  'python3',
  '-c',
  `import ctypes; c = ctypes.CDLL(None, use_errno=True); r = c.syscall(*map(ctypes.c_long, ${JSON.stringify([number, ...args])})); print(r if r < 0 else 'done', ctypes.get_errno())`,
];

/** The system calls that there are, by the profile of seccomp. */
export const systemCalls = commands({
  'system calls that are refused': ['python3', '-c', PROBE],
  'system calls that there are not': one(1000),
  'system calls of x32': one(0x40000000 + 39),
  'personality of old programs': one(135, 8),
  'personality without randomisation': one(135, 0x40000),
  'personality as it is': one(135, 0xffffffff),
  'sockets of the audit': one(41, 16, 3, 9),
  'sockets of VMs': one(41, 40, 1, 0),
  'new user namespace': one(272, 0x10000000),
  'keys of the kernel': one(250, 0, -3, 0),
  'add a key': one(248, 0, 0, 0, 0, 0),
  'performance counters': one(298, 0, 0, 0, 0, 0),
  'user faults': one(323, 0),
  'open by handle': one(304, 0, 0, 0),
  io_uring: one(425, 1, 0),
  'programs of the kernel': one(321, 0, 0, 0),
});

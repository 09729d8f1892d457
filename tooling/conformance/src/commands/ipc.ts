import { commands } from '../command.js';

const python = (program: string): string[] => ['python3', '-c', program];

/** Ways for processes to speak to each other. */
export const ipc = commands({
  'shared memory of System V': python(
    'import ctypes; c = ctypes.CDLL(None); i = c.shmget(0, 4096, 0o1600); print(i >= 0); c.shmctl(i, 0, None)',
  ),
  'semaphores of System V': python('import ctypes; c = ctypes.CDLL(None); i = c.semget(0, 1, 0o1600); print(i >= 0); c.semctl(i, 0, 0)'),
  'semaphores of POSIX': python('import multiprocessing as m; s = m.Semaphore(2); print(s.acquire())'),
  'shared memory of POSIX': python(
    'from multiprocessing import shared_memory as s; m = s.SharedMemory(create=True, size=4096); m.buf[0] = 7; print(m.buf[0]); m.unlink()',
  ),
  'message queues': python(
    'import ctypes; c = ctypes.CDLL("librt.so.1"); print(c.mq_open(b"/q", 0o102, 0o600, None) > 0, c.mq_unlink(b"/q"))',
  ),
  'lists of System V': 'ipcs -m -q -s | grep -c 0x; wc -l </proc/sysvipc/shm',
  fifos: 'mkfifo /tmp/f; echo through >/tmp/f & cat /tmp/f; rm /tmp/f',
  'sockets of Unix': python(
    'import socket; a, b = socket.socketpair(); a.send(b"x"); print(b.recv(1)); s = socket.socket(socket.AF_UNIX); s.bind("\\0abstract"); print("bound")',
  ),
  'passing descriptors': python(
    'import os, socket; a, b = socket.socketpair(); socket.send_fds(a, [b"x"], [1]); print(len(socket.recv_fds(b, 1, 1)[1]))',
  ),
  'reading of another process': python(
    'import ctypes, os\nclass V(ctypes.Structure): _fields_ = [("b", ctypes.c_void_p), ("l", ctypes.c_size_t)]\nc = ctypes.CDLL(None, use_errno=True)\nd = ctypes.create_string_buffer(b"abc"); e = ctypes.create_string_buffer(3)\nl = V(ctypes.addressof(e), 3); r = V(ctypes.addressof(d), 3)\nprint(c.process_vm_readv(os.getpid(), ctypes.byref(l), 1, ctypes.byref(r), 1, 0), e.raw)',
  ),
});

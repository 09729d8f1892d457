"""Runs a command on a terminal of 30 rows and 100 columns, with our stdin as its keys and our stdout as its screen.

SIGUSR1 gives it 40 rows and 120 columns, SIGUSR2 takes the terminal away. At the end, one line of JSON to stderr says how the command
ended and whether it left the terminal's settings as they were.
"""

import fcntl, json, os, pty, select, signal, struct, sys, termios

master, slave = pty.openpty()


def resize(rows, columns):
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


resize(30, 100)
before = termios.tcgetattr(slave)
pid = os.fork()
if pid == 0:
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    for fd in range(3):
        os.dup2(slave, fd)
    os.closerange(3, 64)
    os.execvp(sys.argv[1], sys.argv[1:])

wake_read, wake_write = os.pipe()
for each in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGCHLD):
    signal.signal(each, lambda number, _: os.write(wake_write, bytes([number])))
keys = [0]
while True:
    ready, _, _ = select.select([master, wake_read] + keys, [], [])
    if master in ready:
        os.write(1, os.read(master, 65536))
        continue
    if 0 in ready:
        data = os.read(0, 65536)
        keys = [0] if data else []
        if data:
            os.write(master, data)
    if wake_read in ready:
        number = os.read(wake_read, 1)[0]
        if number == signal.SIGUSR1:
            resize(40, 120)
        elif number == signal.SIGUSR2:
            os.close(slave)
            os.close(master)
            break
        else:
            break
_, status = os.waitpid(pid, 0)
restored = number != signal.SIGUSR2 and termios.tcgetattr(slave) == before
code = os.waitstatus_to_exitcode(status)
print(json.dumps({"exitCode": code, "restored": restored}), file=sys.stderr)

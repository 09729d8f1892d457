"""The keeper: between the host and the interpreter, of which there is always one."""


class Keeper:
    def __init__(self, incoming, outgoing):
        self.incoming = incoming
        self.outgoing = outgoing
        self.running = None
        read_end, write_end = os.pipe()
        os.set_blocking(write_end, False)
        os.set_blocking(read_end, False)
        self.children = read_end
        set_handler(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
        self.spawn()

    def spawn(self):
        ours, theirs = socket.socketpair()
        pipes = [os.pipe(), os.pipe()]
        pid = os.fork()
        if pid == 0:
            become_interpreter(theirs, [end for _, end in pipes], [ours.detach(), self.incoming, self.outgoing, self.children] + [end for end, _ in pipes])
        theirs.close()
        for _, end in pipes:
            os.close(end)
        for end, _ in pipes:
            os.set_blocking(end, False)
        self.pid, self.link, self.outputs = pid, ours, {b"o": pipes[0][0], b"e": pipes[1][0]}

    def send(self, kind, body):
        write_frame(self.outgoing, kind, body)

    def serve(self):
        while True:
            watched = [self.incoming, self.children]
            # Between runs nobody reads: what goes on in the background waits, and its output is that of the next run.
            if self.running is not None:
                watched += [self.link.fileno(), *self.outputs.values()]
            ready, _, _ = select.select(watched, [], [])
            for kind, fd in list(self.outputs.items()):
                if fd in ready:
                    self.forward(kind, fd, 1)
            if self.running is not None and self.link.fileno() in ready:
                self.answer()
            if self.children in ready:
                self.reap()
            if self.incoming in ready:
                self.request()

    def forward(self, kind, fd, count):
        """Passes on what is in a pipe; false when there was nothing."""
        while count > 0:
            try:
                data = read(fd, CHUNK)
            except BlockingIOError:
                return
            if not data:
                self.outputs.pop(kind, None)
                os.close(fd)
                return
            self.send(kind, data)
            count -= 1

    def drain(self):
        for kind, fd in list(self.outputs.items()):
            self.forward(kind, fd, MAX_PIPE // CHUNK)

    def answer(self):
        try:
            kind, body = read_frame(self.link.fileno())
            if kind not in (b"d", b"f"):
                raise EOFError
        except (EOFError, OSError):
            # It has ended, or closed this, or speaks no sense: it is of no use any more.
            self.kill()
            return
        self.drain()
        if kind == b"f":
            self.running = None
        self.send(kind, body)

    def kill(self):
        self.signal(signal.SIGKILL)

    def signal(self, number):
        # It leads a group of its own; what it has started is in that, too, unless it has gone out of its way.
        try:
            os.killpg(self.pid, number)
        except OSError:
            pass

    def reap(self):
        try:
            while read(self.children, 512):
                pass
        except BlockingIOError:
            pass
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid != self.pid:
                continue
            # What it has left behind would hold its pipes.
            self.kill()
            self.drain()
            for fd in self.outputs.values():
                os.close(fd)
            self.link.close()
            code, number = (os.WEXITSTATUS(status), None) if os.WIFEXITED(status) else (None, os.WTERMSIG(status))
            run, self.running = self.running, None
            self.spawn()
            self.send(b"x", dumps({"run": run, "exitCode": code, "signal": number}).encode())

    def request(self):
        kind, body = read_frame(self.incoming)
        run = loads(body)["run"]
        if kind == b"r":
            self.running = run
            try:
                write_frame(self.link.fileno(), b"r", body)
            except OSError:
                self.kill()
        elif run != self.running:
            pass
        elif kind == b"i":
            self.signal(signal.SIGINT)
        elif kind == b"k":
            self.kill()


def become_interpreter(link, outputs, others):
    os.setsid()
    signal.set_wakeup_fd(-1)
    set_handler(signal.SIGCHLD, signal.SIG_DFL)
    for fd in others:
        os.close(fd)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    for number, fd in enumerate(outputs, 1):
        os.dup2(fd, number)
        os.close(fd)
    sys.stdin = sys.__stdin__ = open(0, closefd=False)
    sys.stdout = sys.__stdout__ = open(1, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)
    sys.stderr = sys.__stderr__ = open(2, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)
    sys.argv = [""]
    try:
        Interpreter(link.fileno()).serve()
    except EOFError:
        pass
    finally:
        os._exit(0)


def main():
    # Away from where children look for their streams. They are not inherited by programs.
    import fcntl

    incoming, outgoing = (fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 64) for fd in (0, 1))
    try:
        Keeper(incoming, outgoing).serve()
    except (EOFError, BrokenPipeError):
        # The host has gone.
        os._exit(0)


main()

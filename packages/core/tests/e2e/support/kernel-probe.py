"""Tries what programs ask of a kernel, and prints a JSON object: a name for each try, and 'ok' or what went wrong.

Only what the kernel itself offers is tried; the tries know no command that a small image may not have.
Runs with all capabilities of a Box.
"""

import ctypes
import errno
import json
import mmap
import os
import signal
import socket
import struct
import tempfile

libc = ctypes.CDLL(None, use_errno=True)
tries = {}


def attempt(name):
    def add(function):
        tries[name] = function
        return function

    return add


def call(number, *arguments):
    # Whole registers: what is passed on the stack would keep what lay there before.
    result = libc.syscall(number, *(ctypes.c_long(each) if isinstance(each, int) else each for each in arguments))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def check(result):
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def in_child(function):
    """Runs the function in a process of its own; its exception is ours."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            function()
            message = ""
        except BaseException as error:
            message = f"{type(error).__name__}: {error}"
        os.write(writing, message.encode())
        os._exit(0)
    os.close(writing)
    message = os.read(reading, 4096).decode()
    os.close(reading)
    _, status = os.waitpid(child, 0)
    if status != 0:
        raise RuntimeError(f"ended with status {status}")
    if message:
        raise RuntimeError(message)


# --- Namespaces and cgroups

NAMESPACES = {"mnt": 0x20000, "cgroup": 0x2000000, "uts": 0x4000000, "ipc": 0x8000000, "user": 0x10000000, "pid": 0x20000000, "net": 0x40000000, "time": 0x80}

for name, flag in NAMESPACES.items():
    tries[f"namespace {name}"] = lambda flag=flag: in_child(lambda: check(libc.unshare(flag)))


@attempt("cgroup controllers")
def controllers():
    with open("/proc/cgroups") as file:
        known = {line.split()[0] for line in file if not line.startswith("#") and line.split()[3] == "1"}
    missing = {"cpu", "cpuset", "memory", "pids", "blkio", "misc"} - known
    if missing:
        raise RuntimeError(f"without {' '.join(sorted(missing))}")


def bpf(command, attributes):
    buffer = ctypes.create_string_buffer(attributes, 128)
    return call(321, command, buffer, 128)


@attempt("a BPF program for a cgroup's devices")
def cgroup_bpf():
    code = ctypes.create_string_buffer(struct.pack("<BBhi", 0xB7, 0, 0, 1) + struct.pack("<BBhi", 0x95, 0, 0, 0))
    terms = ctypes.create_string_buffer(b"GPL")
    attributes = struct.pack("<IIQQ", 15, 2, ctypes.addressof(code), ctypes.addressof(terms))
    os.close(bpf(5, attributes))


# --- Processes

@attempt("a seccomp filter")
def seccomp():
    def child():
        # Refuses getppid with EDOM, allows the rest.
        instructions = [(0x20, 0, 0, 0), (0x15, 0, 1, 110), (0x06, 0, 0, 0x50000 | errno.EDOM), (0x06, 0, 0, 0x7FFF0000)]
        code = ctypes.create_string_buffer(b"".join(struct.pack("<HBBI", *each) for each in instructions))
        program = ctypes.create_string_buffer(struct.pack("<HxxxxxxQ", len(instructions), ctypes.addressof(code)))
        check(libc.prctl(38, 1, 0, 0, 0))
        call(317, 1, 0, program)
        try:
            call(110)
        except OSError as error:
            if error.errno == errno.EDOM:
                return
        raise RuntimeError("the filter has no effect")

    in_child(child)


@attempt("ptrace")
def ptrace():
    child = os.fork()
    if child == 0:
        libc.ptrace(0, 0, 0, 0)
        os.kill(os.getpid(), signal.SIGSTOP)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    stopped = os.WIFSTOPPED(status)
    libc.ptrace(17, child, 0, 0)
    os.waitpid(child, 0)
    if not stopped:
        raise RuntimeError("the child did not stop")


@attempt("multiprocessing")
def pools():
    import multiprocessing
    from multiprocessing import shared_memory

    context = multiprocessing.get_context("fork")
    with context.Pool(2) as pool:
        if pool.map(abs, [-1, -2, -3]) != [1, 2, 3]:
            raise RuntimeError("wrong result")
    queue = context.Queue()
    queue.put("x")
    queue.get(timeout=20)
    memory = shared_memory.SharedMemory(create=True, size=4096)
    memory.close()
    memory.unlink()


@attempt("pidfd")
def pidfd():
    os.close(os.pidfd_open(os.getpid()))


@attempt("kcmp")
def kcmp():
    call(312, os.getpid(), os.getpid(), 2, 0, 0)


@attempt("process_vm_readv")
def process_vm():
    source, target = ctypes.create_string_buffer(b"abc", 8), ctypes.create_string_buffer(8)
    local = struct.pack("<QQ", ctypes.addressof(target), 8)
    remote = struct.pack("<QQ", ctypes.addressof(source), 8)
    if call(310, os.getpid(), local, 1, remote, 1, 0) != 8 or target.value != b"abc":
        raise RuntimeError("wrong bytes")


@attempt("core dumps")
def core():
    with open("/proc/sys/kernel/core_pattern") as file:
        file.read()


@attempt("keyrings")
def keys():
    call(248, b"user", b"boxlite", b"x", 1, -2)


@attempt("membarrier")
def membarrier():
    call(324, 0, 0, 0)


# --- Events and communication

@attempt("io_uring")
def io_uring():
    os.close(call(425, 8, ctypes.create_string_buffer(120)))


@attempt("POSIX message queues")
def message_queue():
    rt = ctypes.CDLL("librt.so.1", use_errno=True)
    queue = check(rt.mq_open(b"/boxlite", os.O_CREAT | os.O_RDWR, 0o600, None))
    check(rt.mq_send(queue, b"hello", 5, 0))
    buffer = ctypes.create_string_buffer(8192)
    if rt.mq_receive(queue, buffer, 8192, None) != 5:
        raise RuntimeError("the message is lost")
    rt.mq_unlink(b"/boxlite")


@attempt("System V IPC")
def system_v():
    check(libc.shmctl(check(libc.shmget(0, 4096, 0o1600)), 0, None))
    check(libc.semctl(check(libc.semget(0, 1, 0o1600)), 0, 0))
    check(libc.msgctl(check(libc.msgget(0, 0o1600)), 0, None))


@attempt("inotify")
def inotify():
    with tempfile.TemporaryDirectory() as directory:
        descriptor = check(libc.inotify_init1(0))
        check(libc.inotify_add_watch(descriptor, directory.encode(), 0x100))
        open(os.path.join(directory, "file"), "w").close()
        if b"file" not in os.read(descriptor, 4096):
            raise RuntimeError("no event")
        os.close(descriptor)


@attempt("fanotify")
def fanotify():
    os.close(call(300, 0, 0))


@attempt("AIO, eventfd, signalfd, timerfd")
def descriptors():
    call(206, 1, ctypes.byref(ctypes.c_ulong(0)))
    os.close(check(libc.eventfd(0, 0)))
    os.close(check(libc.timerfd_create(1, 0)))
    os.close(check(libc.signalfd(-1, ctypes.create_string_buffer(128), 0)))


# --- Memory

@attempt("userfaultfd")
def userfaultfd():
    os.close(call(323, os.O_CLOEXEC))


@attempt("memfd")
def memfd():
    descriptor = os.memfd_create("boxlite", os.MFD_ALLOW_SEALING)
    os.truncate(descriptor, 4096)
    mmap.mmap(descriptor, 4096).close()
    os.close(descriptor)


@attempt("advice about memory")
def advice():
    memory = mmap.mmap(-1, 1 << 20, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    memory.write(b"x" * (1 << 20))
    memory.madvise(mmap.MADV_DONTNEED)
    memory.madvise(mmap.MADV_FREE)
    memory.close()


# --- Files

def mount(kind, target, options=""):
    check(libc.mount(kind.encode(), target.encode(), kind.encode(), 0, options.encode()))


@attempt("tmpfs with extended attributes and ACLs, and an overlay on it")
def overlay():
    def child():
        check(libc.unshare(NAMESPACES["mnt"]))
        base = tempfile.mkdtemp()
        mount("tmpfs", base)
        for name in ("lower", "upper", "work", "merged"):
            os.mkdir(f"{base}/{name}")
        with open(f"{base}/lower/file", "w") as file:
            file.write("below")
        os.setxattr(f"{base}/lower/file", "trusted.boxlite", b"x")
        # Owner, a named user, group, mask and others, in the form of version 2.
        entries = [(1, 6, 0xFFFFFFFF), (2, 4, 1000), (4, 4, 0xFFFFFFFF), (16, 6, 0xFFFFFFFF), (32, 0, 0xFFFFFFFF)]
        os.setxattr(f"{base}/lower/file", "system.posix_acl_access", struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries))
        mount("overlay", f"{base}/merged", f"lowerdir={base}/lower,upperdir={base}/upper,workdir={base}/work")
        with open(f"{base}/merged/file", "a") as file:
            file.write(" and above")
        with open(f"{base}/upper/file") as file:
            if file.read() != "below and above":
                raise RuntimeError("not copied up")
        os.getxattr(f"{base}/upper/file", "system.posix_acl_access")
        libc.umount2(f"{base}/merged".encode(), 2)
        libc.umount2(base.encode(), 2)

    in_child(child)


@attempt("pseudo terminals")
def terminals():
    master, slave = os.openpty()
    os.write(slave, b"x\n")
    os.read(master, 16)
    os.close(slave)
    os.close(master)


for kind in ("ext4", "erofs", "squashfs", "9p", "fuse", "overlay", "tmpfs", "mqueue", "binfmt_misc", "cgroup2", "devpts"):
    def listed(kind=kind):
        with open("/proc/filesystems") as file:
            if not any(line.split()[-1] == kind for line in file):
                raise RuntimeError("not in /proc/filesystems")

    tries[f"file system {kind}"] = listed

for name in ("tun", "fuse", "loop-control"):
    def listed_device(name=name):
        with open("/proc/misc") as file:
            if not any(line.split()[-1] == name for line in file):
                raise RuntimeError("not in /proc/misc")

    tries[f"device {name}"] = listed_device

# --- Network

@attempt("IPv6 on the loopback interface")
def ipv6():
    server = socket.create_server(("::1", 0), family=socket.AF_INET6)
    client = socket.create_connection(server.getsockname()[:2], timeout=20)
    server.accept()[0].sendall(b"x")
    if client.recv(1) != b"x":
        raise RuntimeError("nothing arrived")


@attempt("ICMP echo, IPv4 and IPv6")
def ping():
    for family, protocol, address, kind in ((socket.AF_INET, 1, "127.0.0.1", 8), (socket.AF_INET6, 58, "::1", 128)):
        with socket.socket(family, socket.SOCK_DGRAM, protocol) as icmp:
            icmp.settimeout(20)
            icmp.sendto(struct.pack(">BBHHH", kind, 0, 0, 0, 1) + b"boxlite", (address, 0))
            if not icmp.recv(256).endswith(b"boxlite"):
                raise RuntimeError(f"no answer from {address}")


for family in ("AF_PACKET", "AF_VSOCK", "AF_UNIX", "AF_NETLINK"):
    tries[f"sockets {family}"] = lambda family=family: socket.socket(getattr(socket, family), socket.SOCK_DGRAM if family != "AF_VSOCK" else socket.SOCK_STREAM).close()


def attribute(kind, data):
    return struct.pack("<HH", 4 + len(data), kind) + data + bytes(-len(data) % 4)


def netlink(protocol, *messages):
    """Sends (type, flags, body) and waits for the acknowledgement of the last one that asks for it."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol) as link:
        link.settimeout(20)
        link.bind((0, 0))
        batch = b"".join(struct.pack("<IHHII", 16 + len(body), kind, flags, number, 0) + body for number, (kind, flags, body) in enumerate(messages))
        link.send(batch)
        if any(flags & 4 for _, flags, _ in messages):
            answer = link.recv(65536)
            code = -struct.unpack_from("<i", answer, 16)[0]
            if code:
                raise OSError(code, os.strerror(code))


def new_link(kind, name, data=b""):
    body = struct.pack("<BxHiII", 0, 0, 0, 0, 0) + attribute(3, name + b"\0")
    body += attribute(18, attribute(1, kind) + (attribute(2, data) if data else b""))
    netlink(0, (16, 0x605, body))


for kind in ("veth", "bridge", "dummy"):
    def interface(kind=kind):
        def child():
            check(libc.unshare(NAMESPACES["net"]))
            peer = attribute(1, struct.pack("<BxHiII", 0, 0, 0, 0, 0) + attribute(3, b"two\0")) if kind == "veth" else b""
            new_link(kind.encode(), b"one", peer)
            socket.if_nametoindex("one")

        in_child(child)

    tries[f"interface {kind}"] = interface


@attempt("nftables: a table, a chain that translates addresses, a rule that counts")
def nftables():
    def child():
        check(libc.unshare(NAMESPACES["net"]))
        NEW_TABLE, NEW_CHAIN, NEW_RULE, CREATE = 10 << 8 | 0, 10 << 8 | 3, 10 << 8 | 6, 0x401
        header = struct.pack(">BBH", 1, 0, 0)
        edge = struct.pack(">BBH", 0, 0, 10)
        table = attribute(1, b"boxlite\0")
        hook = attribute(0x8004, attribute(1, struct.pack(">I", 4)) + attribute(2, struct.pack(">i", 100)))
        chain = table + attribute(3, b"out\0") + hook + attribute(7, b"nat\0")
        counter = attribute(0x8001, attribute(1, b"counter\0"))
        masquerade = attribute(0x8001, attribute(1, b"masq\0"))
        rule = table + attribute(2, b"out\0") + attribute(0x8004, counter + masquerade)
        netlink(
            12,
            (16, 1, edge),
            (NEW_TABLE, CREATE, header + table),
            (NEW_CHAIN, CREATE, header + chain),
            (NEW_RULE, CREATE | 0x804, header + rule),
            (17, 1, edge),
        )

    in_child(child)


results = {}
for name, function in tries.items():
    try:
        function()
        results[name] = "ok"
    except BaseException as error:
        results[name] = str(error) or type(error).__name__
print(json.dumps(results))

"""Speaks 9P2000.L to the host without the kernel: takes the virtio device away from its driver and drives its queue.

Needs all capabilities, and that nothing of the share is mounted. Prints one JSON object: what was tried, and what came of it: the error's
number, or what was got.
"""

import ctypes, errno, glob, json, mmap, os, struct, sys, time

PAGE = 4096
mounted = [line.split()[1] for line in open("/proc/mounts") if line.split()[2] == "9p"]
libc = ctypes.CDLL(None, use_errno=True)
for place in reversed(mounted):
    if libc.umount2(place.encode(), 0) != 0:
        sys.exit(f"cannot unmount {place}: {os.strerror(ctypes.get_errno())}")
MS_REMOUNT = 32
if libc.mount(b"sysfs", b"/sys", b"sysfs", MS_REMOUNT, None) != 0:
    sys.exit("cannot write to /sys")


def read(path):
    with open(path) as file:
        return file.read().strip()


def write(path, text):
    with open(path, "w") as file:
        file.write(text)


device = next(path for path in glob.glob("/sys/bus/pci/devices/*") if read(f"{path}/vendor") == "0x1af4" and read(f"{path}/device") == "0x1049")
write("/sys/bus/pci/drivers/virtio-pci/unbind", os.path.basename(device))
write(f"{device}/enable", "1")

# The PCI capabilities of virtio 1.0, section 4.1.4.
with open(f"{device}/config", "r+b", buffering=0) as config:
    space = config.read(256)
    os.pwrite(config.fileno(), struct.pack("<H", struct.unpack_from("<H", space, 4)[0] | 6), 4)
structures, at, multiplier = {}, space[0x34], 0
while at:
    if space[at] == 9:
        kind, bar = space[at + 3], space[at + 4]
        offset, length = struct.unpack_from("<II", space, at + 8)
        structures.setdefault(kind, (bar, offset, length))
        if kind == 2:
            multiplier = struct.unpack_from("<I", space, at + 16)[0]
    at = space[at + 1]
bars = {}


def register(kind, offset, size):
    bar, begin, _ = structures[kind]
    if bar not in bars:
        handle = os.open(f"{device}/resource{bar}", os.O_RDWR)
        bars[bar] = mmap.mmap(handle, os.fstat(handle).st_size)
    kinds = {1: ctypes.c_uint8, 2: ctypes.c_uint16, 4: ctypes.c_uint32}
    return kinds[size].from_buffer(bars[bar], begin + offset)


def memory():
    page = mmap.mmap(-1, PAGE, flags=mmap.MAP_SHARED | mmap.MAP_ANONYMOUS)
    page[:] = bytes(PAGE)
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    libc.mlock(ctypes.c_void_p(address), PAGE)
    with open("/proc/self/pagemap", "rb", buffering=0) as pagemap:
        entry = struct.unpack("<Q", os.pread(pagemap.fileno(), 8, address // PAGE * 8))[0]
    frame = entry & ((1 << 55) - 1)
    if frame == 0:
        sys.exit("the kernel does not say where memory is")
    return page, frame * PAGE


status = register(1, 0x14, 1)
status.value = 0
while status.value != 0:
    pass
status.value = 1
status.value = 3
for half, bits in ((0, 0), (1, 1)):  # VIRTIO_F_VERSION_1 and nothing else
    register(1, 0x08, 4).value = half
    register(1, 0x0C, 4).value = bits
status.value = 11
assert status.value & 8, "the device does not take the features"
register(1, 0x16, 2).value = 0
SIZE = 16
register(1, 0x18, 2).value = SIZE
ring, ring_at = memory()
request, request_at = memory()
response, response_at = memory()
AVAILABLE, USED = 1024, 2048
for offset, value in ((0x20, ring_at), (0x28, ring_at + AVAILABLE), (0x30, ring_at + USED)):
    register(1, offset, 4).value = value & 0xFFFFFFFF
    register(1, offset + 4, 4).value = value >> 32
register(1, 0x1C, 2).value = 1
status.value = 15
notify = register(2, register(1, 0x1E, 2).value * multiplier, 2)
struct.pack_into("<QIHH", ring, 0, request_at, 0, 1, 1)
struct.pack_into("<QIHH", ring, 16, response_at, PAGE, 2, 0)
sent = 0


def call(kind, body):
    """Sends one message; gives type and body of the answer."""
    global sent
    message = struct.pack("<IBH", 7 + len(body), kind, 0 if kind != 100 else 0xFFFF) + body
    request[: len(message)] = message
    struct.pack_into("<I", ring, 8, len(message))
    struct.pack_into("<H", ring, AVAILABLE + 4 + 2 * (sent % SIZE), 0)
    sent += 1
    struct.pack_into("<H", ring, AVAILABLE + 2, sent & 0xFFFF)
    notify.value = 0
    deadline = time.monotonic() + 20
    while struct.unpack_from("<H", ring, USED + 2)[0] != sent & 0xFFFF:
        if time.monotonic() > deadline:
            sys.exit(f"no answer to message {kind}")
        time.sleep(0)
    length, answer, _ = struct.unpack_from("<IBH", response, 0)
    return answer, bytes(response[7:length])


class Refused(Exception):
    pass


def ask(kind, body):
    answer, content = call(kind, body)
    if answer == 7:
        raise Refused(errno.errorcode.get(struct.unpack("<I", content)[0], content.hex()))
    assert answer == kind + 1, (kind, answer)
    return content


def text(value):
    raw = value if isinstance(value, bytes) else value.encode()
    return struct.pack("<H", len(raw)) + raw


fids = 0


def walk(*names, start=0):
    global fids
    fids += 1
    content = ask(110, struct.pack("<IIH", start, fids, len(names)) + b"".join(map(text, names)))
    if struct.unpack_from("<H", content)[0] != len(names):
        raise Refused("ENOENT")
    return fids


def opened(fid, flags=0):
    ask(12, struct.pack("<II", fid, flags))
    return fid


def content_of(fid):
    content = ask(116, struct.pack("<IQI", opened(fid), 0, 2048))
    return content[4:].decode(errors="replace")


def names_in(fid):
    content = ask(40, struct.pack("<IQI", opened(fid), 0, 2048))[4:]
    names, at = [], 0
    while at < len(content):
        length = struct.unpack_from("<H", content, at + 22)[0]
        names.append(content[at + 24 : at + 24 + length].decode())
        at += 24 + length
    return sorted(name for name in names if name not in (".", ".."))


def set_attributes(fid, valid, mode=0, size=0):
    ask(26, struct.pack("<IIIIIQQQQQ", fid, valid, mode, 0, 0, size, 0, 0, 0, 0))


results = {}


def attempt(name, work):
    try:
        results[name] = work()
    except Refused as refusal:
        results[name] = str(refusal)


ask(100, struct.pack("<I", PAGE) + text("9P2000.L"))
ask(104, struct.pack("<II", 0, 0xFFFFFFFF) + text("root") + text("") + struct.pack("<I", 0))
O_RDWR, O_TRUNC, O_CREAT, S_IFCHR, S_IFREG, MODE, LENGTH = 2, 0o1000, 0o100, 0o20000, 0o100000, 1, 8

attempt("root", lambda: names_in(walk()))
attempt("above the root", lambda: names_in(walk("..")))
attempt("far above the root", lambda: names_in(walk(*[".."] * 16)))
attempt("above a volume", lambda: names_in(walk("0", "..", "..", "..", "..")))
attempt("step by step", lambda: names_in(walk("..", start=walk("..", start=walk("..", start=walk("0", "d"))))))
attempt("a path as a name", lambda: content_of(walk("0/../../../secret")))
attempt("an absolute path as a name", lambda: content_of(walk("/etc/passwd")))
attempt("an empty name", lambda: names_in(walk("")))
attempt("a name with a NUL", lambda: names_in(walk(b"0\0/..")))
attempt("a link out", lambda: content_of(walk("0", "link")))
attempt("an absolute link out", lambda: content_of(walk("0", "absolute")))
attempt("through a link", lambda: content_of(walk("0", "dirlink", "secret")))
attempt("through a link and up", lambda: names_in(walk("0", "dirlink", "..")))
attempt("attach elsewhere", lambda: (ask(104, struct.pack("<II", 9999, 0xFFFFFFFF) + text("root") + text("/etc") + struct.pack("<I", 0)), names_in(9999))[1])
attempt("make a link and open it", lambda: (ask(16, struct.pack("<I", walk("0")) + text("made") + text("/etc/passwd") + struct.pack("<I", 0)), content_of(walk("0", "made")))[1])
attempt("create above", lambda: ask(14, struct.pack("<I", walk("0")) + text("../created") + struct.pack("<III", O_RDWR | O_CREAT, 0o644, 0)).hex())
attempt("create through a link", lambda: ask(14, struct.pack("<I", walk("0", "dirlink")) + text("created") + struct.pack("<III", O_RDWR | O_CREAT, 0o644, 0)).hex())
attempt("create on a link out", lambda: ask(14, struct.pack("<I", walk("0")) + text("dangling") + struct.pack("<III", O_RDWR | O_CREAT, 0o644, 0)).hex())
attempt("create in the root", lambda: ask(14, struct.pack("<I", walk()) + text("created") + struct.pack("<III", O_RDWR | O_CREAT, 0o644, 0)).hex())
attempt("make a directory above", lambda: ask(72, struct.pack("<I", walk("0")) + text("..") + struct.pack("<II", 0o755, 0)).hex())
attempt("rename out", lambda: ask(74, struct.pack("<I", walk("0")) + text("file") + struct.pack("<I", walk("0")) + text("../renamed")).hex())
attempt("rename to the root", lambda: ask(74, struct.pack("<I", walk("0")) + text("file") + struct.pack("<I", walk()) + text("renamed")).hex())
attempt("rename a volume", lambda: ask(74, struct.pack("<I", walk()) + text("0") + struct.pack("<I", walk()) + text("9")).hex())
attempt("remove a volume", lambda: ask(76, struct.pack("<I", walk()) + text("1") + struct.pack("<I", 0x200)).hex())
attempt("remove above", lambda: ask(76, struct.pack("<I", walk("0")) + text("../secret") + struct.pack("<I", 0)).hex())
attempt("link into the other volume", lambda: ask(70, struct.pack("<II", walk("1"), walk("0", "file")) + text("linked")).hex())


def moved_beneath():
    """A directory that is moved while it is held: what is above it is what is above its new place."""
    held = walk("0", "d", "e")
    ask(74, struct.pack("<I", walk("0", "d")) + text("e") + struct.pack("<I", walk("0")) + text("moved"))
    return names_in(walk("..", "..", "..", start=held))


attempt("up from a moved directory", moved_beneath)
attempt("a device", lambda: ask(18, struct.pack("<I", walk("0")) + text("device") + struct.pack("<IIII", S_IFCHR | 0o666, 1, 1, 0)).hex())
attempt("set-user-id", lambda: set_attributes(walk("0", "file"), MODE, mode=S_IFREG | 0o4755))
attempt("create with set-user-id", lambda: ask(14, struct.pack("<I", walk("0")) + text("suid") + struct.pack("<III", O_RDWR | O_CREAT, 0o4755, 0)).hex())
attempt("read what is read-only", lambda: content_of(walk("1", "kept")))
attempt("write to what is read-only", lambda: opened(walk("1", "kept"), O_RDWR))
attempt("truncate what is read-only", lambda: opened(walk("1", "kept"), O_TRUNC))
attempt("resize what is read-only", lambda: set_attributes(walk("1", "kept"), LENGTH, size=0))
attempt("change the mode of what is read-only", lambda: set_attributes(walk("1", "kept"), MODE, mode=0o777))
attempt("create in what is read-only", lambda: ask(14, struct.pack("<I", walk("1")) + text("created") + struct.pack("<III", O_RDWR | O_CREAT, 0o644, 0)).hex())
attempt("remove from what is read-only", lambda: ask(76, struct.pack("<I", walk("1")) + text("kept") + struct.pack("<I", 0)).hex())
attempt("write to a read-only file", lambda: opened(walk("2"), O_RDWR))
attempt("write to a file", lambda: ask(118, struct.pack("<IQI", opened(walk("0", "file"), O_RDWR), 0, 7) + b"written").hex())
print(json.dumps(results))

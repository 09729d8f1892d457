"""What a CodeBox runs Python code with: this, interpreter.py and keeper.py, in one piece, come over the stdin of a `python3 -c`.

Two processes. The first, the keeper, speaks with the host over stdin and stdout and never runs code of the user's. It forks the second, the
interpreter, which runs the code, one piece after another, with everything that earlier ones have left. The interpreter's stdout and stderr are
pipes that the keeper reads, and what the two say to each other goes over a socket of their own: whatever the code writes, closes or starts,
what the host reads stays in its form. An interpreter that has ended is forked anew.

A frame is a kind (1 byte), a length (4 bytes, big-endian) and so many bytes. From the host:
    r  run: JSON {run, code}
    i  interrupt: JSON {run}, by SIGINT
    k  kill: JSON {run}, the interpreter and all that it has started
To the host:
    o, e  bytes of stdout and stderr
    d  something to show: JSON, base64 by MIME type
    f  finished: JSON {run, text?, json?, error?}
    x  the interpreter has ended: JSON {run, exitCode, signal}; `run` is null when it ran nothing
"""

import _thread
import ast
import base64
import json
import linecache
import os
import select
import signal
import socket
import struct
import sys
import traceback
import types

HEAD = struct.Struct(">cI")
MAX_FRAME = 64 << 20
CHUNK = 1 << 16
# What a pipe may still hold when a run has finished; what comes later is of something that goes on in the background.
MAX_PIPE = 1 << 20
MAX_TEXT = 1 << 20
RUN = "<run "  # of code, in tracebacks
MAX_FRAMES = 1000  # of a traceback; as deep as code may go unless it asks for more
IS_COROUTINE = 0x80  # inspect.CO_COROUTINE, whose module takes long to load
PNG = b"\x89PNG\r\n\x1a\n"
# As they are before the code changes them.
read, write, getpid, set_handler, mask = os.read, os.write, os.getpid, signal.signal, signal.pthread_sigmask
dumps, loads, evaluate = json.dumps, json.loads, eval


def read_exactly(fd, count):
    pieces = []
    while count > 0:
        piece = read(fd, min(count, 1 << 20))
        if not piece:
            raise EOFError
        pieces.append(piece)
        count -= len(piece)
    return b"".join(pieces)


def read_frame(fd):
    kind, length = HEAD.unpack(read_exactly(fd, HEAD.size))
    if length > MAX_FRAME:
        raise EOFError
    return kind, read_exactly(fd, length)


def write_all(fd, data):
    view = memoryview(data)
    while view:
        view = view[write(fd, view) :]


def write_frame(fd, kind, body):
    write_all(fd, HEAD.pack(kind, len(body)) + body)

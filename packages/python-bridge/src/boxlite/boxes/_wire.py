"""What a keeper and its host say to each other; interpreters/python/wire.py tells the form. What comes from a Box is checked."""

from __future__ import annotations

import base64
import json
import struct
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from ._code_result import CodeError, CodeValue, Display
from ._errors import ParseError

_HEAD = struct.Struct(">cI")
_MAX_BODY = 64 << 20
_HERE = Path(__file__).parent / "interpreters"

T = TypeVar("T")


class KeeperProgram(NamedTuple):
    """A program that reads its own source from stdin, so that nothing of it has to be in the image, nor is in sight of the code."""

    command: str
    args: list[str]
    source: bytes


def keeper_program(language: str) -> KeeperProgram:
    """The program that runs code of a language: ``python`` or ``node``."""
    if language == "python":
        source = b"".join((_HERE / "python" / name).read_bytes() for name in ("wire.py", "interpreter.py", "keeper.py"))
        size = len(source)
        boot = f"import os\nb=b''\nwhile len(b)<{size}:b+=os.read(0,{size}-len(b))\nexec(compile(b,'<boxlite>','exec'))"
        return KeeperProgram("python3", ["-c", boot], source)
    keeper, interpreter = ((_HERE / "node" / name).read_bytes() for name in ("keeper.cjs", "interpreter.cjs"))
    boot = (
        f"const b = Buffer.alloc({len(keeper) + len(interpreter)});\n"
        "for (let n = 0; n < b.length;) n += require('node:fs').readSync(0, b, n, b.length - n);\n"
        f"require('node:vm').runInThisContext('(require, SOURCE) => {{' + b.subarray(0, {len(keeper)}) + '\\n}}', '[eval]')"
        f"(require, b.subarray({len(keeper)}))"
    )
    return KeeperProgram("node", ["-e", boot], keeper + interpreter)


def encode_frame(kind: bytes, value: object) -> bytes:
    body = json.dumps(value).encode()
    return _HEAD.pack(kind, len(body)) + body


class FrameReader:
    """Takes bytes as they come, and gives the frames that are complete."""

    def __init__(self) -> None:
        self._unread = bytearray()

    def push(self, chunk: bytes) -> list[tuple[str, bytes]]:
        """Raises ParseError for a frame that is too large."""
        self._unread += chunk
        frames: list[tuple[str, bytes]] = []
        at = 0
        while len(self._unread) - at >= _HEAD.size:
            kind, length = _HEAD.unpack_from(self._unread, at)
            if length > _MAX_BODY:
                raise ParseError(f"the interpreter's keeper sent a frame of {length} bytes")
            end = at + _HEAD.size + length
            if len(self._unread) < end:
                break
            frames.append((kind.decode("latin-1"), bytes(self._unread[at + _HEAD.size : end])))
            at = end
        del self._unread[:at]
        return frames


def _malformed() -> ParseError:
    return ParseError("the answer of the interpreter is not of its form")


def _of(kind: type[T], value: object) -> T:
    if isinstance(value, bool) or not isinstance(value, kind):
        raise _malformed()
    return value


def _read(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise _malformed() from None
    return _of(dict, value)


def read_display(body: bytes) -> Display:
    try:
        return {mime: base64.b64decode(_of(str, content), validate=True) for mime, content in _read(body).items()}
    except ValueError:
        raise _malformed() from None


def read_finish(body: bytes) -> tuple[int, CodeValue | None, CodeError | None]:
    finish = _read(body)
    value = None
    if "text" in finish:
        value = CodeValue(text=_of(str, finish["text"]), is_json="json" in finish, json=finish.get("json"))
    error = None
    if "error" in finish:
        fields = _of(dict, finish["error"])
        error = CodeError(*(_of(str, fields.get(name)) for name in ("name", "message", "traceback")))
    return _of(int, finish.get("run")), value, error


def read_end(body: bytes) -> tuple[int | None, CodeError | None]:
    """That an interpreter has ended: of which run, and how. One that ended with 0 was meant to."""
    end = _read(body)
    run = None if end.get("run") is None else _of(int, end["run"])
    code = end.get("exitCode")
    if code == 0:
        return run, None
    how = f"was ended by signal {_of(int, end.get('signal'))}" if code is None else f"exited with code {_of(int, code)}"
    return run, CodeError("InterpreterExited", f"the interpreter {how}; what it held is lost", "")

"""What a command prints, as text."""

from __future__ import annotations

import asyncio
import codecs
import re
from collections import deque
from collections.abc import AsyncIterator

from .._errors import ResourceExhaustedError
from .._portal import PORTAL, _next
from .._streams import ByteStream

READ_AHEAD_MAX = 64 << 20
"""Bytes that are kept of what a command prints while somebody waits for it and nobody reads."""

_LINES = re.compile("[^\n]*\n|[^\n]+")


class Output:
    """One output of a command, for the portal's loop.

    Attributes:
        ready: Lines to be taken in whatever thread. They stay here when who waits for them gives up.
    """

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream
        self._lock = asyncio.Lock()
        self._ahead: deque[bytes] = deque()
        self._size = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.ready: deque[str] = deque()

    async def read_ahead(self) -> None:
        """Keeps what comes for the reader, so that the command need not wait for one.

        Raises:
            BoxliteError: ``ResourceExhaustedError`` when there is too much of it.
        """
        while True:
            async with self._lock:
                if self._size > READ_AHEAD_MAX:
                    raise ResourceExhaustedError(
                        f"the command has printed more than {READ_AHEAD_MAX >> 20} MiB that nobody reads; read its output before waiting for it"
                    )
                chunk = await _next(self._stream)
                if chunk is None:
                    return
                self._ahead.append(chunk)
                self._size += len(chunk)

    async def chunk(self) -> bytes | None:
        """The next bytes; None at the end."""
        if not self._ahead:
            async with self._lock:
                # Who waited here finds what was read ahead meanwhile.
                if not self._ahead:
                    return await _next(self._stream)
        chunk = self._ahead.popleft()
        self._size -= len(chunk)
        return chunk

    async def fill(self) -> bool:
        """Waits for lines, with their ends, the last one perhaps in part; False when there are no more."""
        while not self.ready:
            chunk = await self.chunk()
            self.ready.extend(_LINES.findall(self._decoder.decode(b"" if chunk is None else chunk, chunk is None)))
            if chunk is None:
                break
        return bool(self.ready)


class ExecStdout:
    """What a command prints, line by line, with the ends of the lines. What comes of a line that is not complete is not held back.

    Bytes that are not UTF-8 are replaced. Iterate over it, once.
    """

    def __init__(self, output: Output) -> None:
        self._output = output

    def __aiter__(self) -> AsyncIterator[str]:
        return self

    async def __anext__(self) -> str:
        ready = self._output.ready
        while not ready:
            if not await PORTAL.cross(self._output.fill()):
                raise StopAsyncIteration
        return ready.popleft()


class ExecStderr(ExecStdout):
    """As :class:`ExecStdout`. With a terminal there is nothing on it."""

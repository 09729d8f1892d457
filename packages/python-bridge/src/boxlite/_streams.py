"""Streams between a program and the bridge. Nothing is held that the reader has not asked for."""

from __future__ import annotations

import asyncio
import codecs
from collections import deque
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Any, Generic, Protocol, TypeVar

from ._errors import InvalidStateError
from ._fork import Origin

WINDOW_BYTES = 256 << 10
WINDOW_ITEMS = 64
CHUNK_BYTES = 64 << 10

T = TypeVar("T")


class Outlet(Protocol):
    """How a stream speaks to the bridge; may be called in any thread."""

    def send_soon(self, head: dict[str, Any]) -> None: ...
    def send(self, head: dict[str, Any], body: list[bytes]) -> None: ...


class Incoming(Generic[T]):
    """What comes of one stream, until it is taken. For the event loop that it was made in."""

    def __init__(self, number: int, window: int, weight: Callable[[T], int], outlet: Outlet) -> None:
        self._number = number
        self._window = window
        self._weight = weight
        self._outlet = outlet
        self._origin = Origin()
        self._queue: deque[T] = deque()
        self._taken = 0
        self._over = False
        self._error: BaseException | None = None
        self._waiters: list[asyncio.Future[None]] = []

    def push(self, piece: T) -> None:
        self._queue.append(piece)
        self._wake()

    def end(self, error: BaseException | None = None) -> None:
        if not self._over:
            self._over = True
            self._error = error
            self._wake()

    def _wake(self) -> None:
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)
        self._waiters.clear()

    async def take(self) -> T | None:
        """The next piece; None at the end. Raises what the stream failed with, when all before it was taken."""
        self._origin.check()
        while not self._queue:
            if self._over:
                if self._error is not None:
                    raise self._error
                return None
            waiter = asyncio.get_running_loop().create_future()
            self._waiters.append(waiter)
            await waiter
        piece = self._queue.popleft()
        self._taken += self._weight(piece)
        if not self._over and self._taken * 2 >= self._window:
            self._outlet.send_soon({"t": "credit", "s": self._number, "n": self._taken})
            self._taken = 0
        return piece

    def stop(self) -> None:
        """Takes no more. Idempotent; also when the stream is dropped, in whatever thread that is."""
        if not self._over:
            self._over = True
            self._outlet.send_soon({"t": "stop", "s": self._number})
        self._queue.clear()

    def __del__(self) -> None:
        self.stop()


class ByteStream:
    """Bytes as they come: what a command prints, or what is in a file.

    Iterate over it, once; or take all that is left with :meth:`read`. What is not read holds back who writes it.
    """

    def __init__(self, incoming: Incoming[bytes]) -> None:
        self._incoming = incoming

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        chunk = await self._incoming.take()
        if chunk is None:
            raise StopAsyncIteration
        return chunk

    async def read(self) -> bytes:
        """All that is left, to the end."""
        return b"".join([chunk async for chunk in self])

    async def lines(self, encoding: str = "utf-8", errors: str = "replace") -> AsyncIterator[str]:
        """The lines as text, without their ends."""
        decoder = codecs.getincrementaldecoder(encoding)(errors)
        rest = ""
        async for chunk in self:
            *lines, rest = (rest + decoder.decode(chunk)).split("\n")
            for line in lines:
                yield line.removesuffix("\r")
        rest += decoder.decode(b"", True)
        if rest:
            yield rest

    async def aclose(self) -> None:
        """Takes no more; a command that goes on printing is not held back by that."""
        self._incoming.stop()


class ItemStream(Generic[T]):
    """Things as they happen. Iterate over it, once; leaving an ``async with`` block, or :meth:`aclose`, ends it."""

    def __init__(self, opening: asyncio.Future[Incoming[T]] | Incoming[T]) -> None:
        self._opening = opening
        self._origin = Origin()

    async def _opened(self) -> Incoming[T]:
        if isinstance(self._opening, Incoming):
            return self._opening
        self._origin.check()
        self._opening = await self._opening
        return self._opening

    def __aiter__(self) -> AsyncIterator[T]:
        return self

    async def __anext__(self) -> T:
        item = await (await self._opened()).take()
        if item is None:
            raise StopAsyncIteration
        return item

    async def aclose(self) -> None:
        """Ends it."""
        if not self._origin.is_elsewhere:
            (await self._opened()).stop()

    async def __aenter__(self) -> ItemStream[T]:
        await self._opened()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.aclose()


class StreamClosedError(InvalidStateError, BrokenPipeError):
    """Nobody reads what is written: a :class:`BoxliteError` of code ``InvalidState``, and what Python raises for a pipe."""


class Outgoing:
    """What goes out as one stream, at the pace at which the bridge takes it."""

    def __init__(self, number: int, outlet: Outlet) -> None:
        self._number = number
        self._outlet = outlet
        self._origin = Origin()
        self._credit = WINDOW_BYTES
        self._over = False
        self._error: BaseException | None = None
        self._waiter: asyncio.Future[None] | None = None

    def credit(self, count: int) -> None:
        self._credit += count
        self._wake()

    def stopped(self, error: BaseException | None = None) -> None:
        """Nobody takes any more."""
        self._over = True
        self._error = error
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
        self._waiter = None

    async def write(self, data: bytes) -> None:
        self._origin.check()
        view = memoryview(data)
        while len(view) > 0:
            if self._over:
                raise self._error or StreamClosedError("nobody reads this any more; the stream is closed", reason="stream-closed")
            if self._credit == 0:
                self._waiter = self._waiter or asyncio.get_running_loop().create_future()
                await asyncio.shield(self._waiter)
                continue
            size = min(len(view), self._credit, CHUNK_BYTES)
            self._credit -= size
            self._outlet.send({"t": "data", "s": self._number}, [bytes(view[:size])])
            view = view[size:]

    def end(self) -> None:
        if not self._over:
            self._over = True
            self._outlet.send({"t": "end", "s": self._number}, [])

    def fail(self, error: BaseException) -> None:
        if not self._over:
            self._over = True
            self._outlet.send({"t": "fail", "s": self._number, "e": {"code": "InvalidArgument", "message": str(error)}}, [])


class ByteSink:
    """What a command reads: bytes that are written to it."""

    def __init__(self, outgoing: Outgoing) -> None:
        self._outgoing = outgoing

    async def write(self, data: bytes | str) -> None:
        """Hands over bytes, or text as UTF-8; waits while the command does not read.

        Raises:
            BoxliteError: ``InvalidStateError``, reason ``stream-closed``, when nobody reads it any more, which is a ``BrokenPipeError`` as
                well. When the Box has failed, what that has failed with.
        """
        await self._outgoing.write(data.encode() if isinstance(data, str) else data)

    async def close(self) -> None:
        """The command reads an end of file. Idempotent."""
        self._outgoing.end()

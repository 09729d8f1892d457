"""The way from a program without asyncio to the asynchronous API: an event loop in a thread of its own, shared by all."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from types import TracebackType
from typing import Any, Generic, TypeVar

from . import _streams
from ._fork import when_forked

T = TypeVar("T")


class Portal:
    """Runs coroutines for other threads. The thread ends with the program, and with it the bridge."""

    def __init__(self) -> None:
        # Reentrant, as what ends a dropped handle may come here from the middle of it.
        self._lock = threading.RLock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._of_parent: list[asyncio.AbstractEventLoop] = []
        when_forked(self._forked)

    def _forked(self) -> None:
        """A child has the loop, but not its thread. It is kept: its end would disturb the parent, which it shares a selector with."""
        if self._loop is not None:
            self._of_parent.append(self._loop)
        self._loop = None
        self._lock = threading.RLock()

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=self._loop.run_forever, name="boxlite", daemon=True).start()
            return self._loop

    def submit(self, coroutine: Coroutine[Any, Any, T]) -> concurrent.futures.Future[T]:
        """Starts a coroutine, without waiting for it."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._running())

    async def cross(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Waits for a coroutine in another event loop. When the waiting is cancelled, so is the coroutine."""
        return await asyncio.wrap_future(self.submit(coroutine))

    @property
    def is_here(self) -> bool:
        """Whether the caller is in the loop's thread, which must not wait for itself."""
        try:
            return asyncio.get_running_loop() is self._loop
        except RuntimeError:
            return False

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Waits for a coroutine. When the waiting is interrupted, as by Ctrl-C, the coroutine is cancelled."""
        future = self.submit(coroutine)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def call(self, function: Callable[[], T]) -> T:
        """Calls what has to be called in the loop's thread."""

        async def call() -> T:
            return function()

        return self.run(call())


PORTAL = Portal()


async def awaited(make: Callable[[], Awaitable[T]]) -> T:
    """Awaits what is made in the loop."""
    return await make()


class SyncHandle(Generic[T]):
    """A handle of the asynchronous API, for a program without it."""

    def __init__(self, inner: T) -> None:
        self._inner = inner


class ByteStream:
    """Bytes as they come: what a command prints, or what is in a file.

    Iterate over it, once; or take all that is left with :meth:`read`. What is not read holds back who writes it.
    """

    def __init__(self, inner: _streams.ByteStream) -> None:
        self._inner = inner

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        chunk = PORTAL.run(_next(self._inner))
        if chunk is None:
            raise StopIteration
        return chunk

    def read(self) -> bytes:
        """All that is left, to the end."""
        return PORTAL.run(self._inner.read())

    def lines(self, encoding: str = "utf-8", errors: str = "replace") -> Iterator[str]:
        """The lines as text, without their ends."""
        lines = self._inner.lines(encoding, errors)
        while (line := PORTAL.run(_next(lines))) is not None:
            yield line

    def close(self) -> None:
        """Takes no more; a command that goes on printing is not held back by that."""
        PORTAL.run(self._inner.aclose())


class ByteSink:
    """What a command reads: bytes that are written to it."""

    def __init__(self, inner: _streams.ByteSink) -> None:
        self._inner = inner

    def write(self, data: bytes | str) -> None:
        """Hands over bytes, or text as UTF-8; waits while the command does not read.

        Raises:
            BoxliteError: ``InvalidStateError``, reason ``stream-closed``, when nobody reads it any more, which is a ``BrokenPipeError`` as
                well. When the Box has failed, what that has failed with.
        """
        PORTAL.run(self._inner.write(data))

    def close(self) -> None:
        """The command reads an end of file. Idempotent."""
        PORTAL.run(self._inner.close())


class ItemStream(Generic[T]):
    """Things as they happen. Iterate over it, once; leaving a ``with`` block, or :meth:`close`, ends it."""

    def __init__(self, inner: _streams.ItemStream[T]) -> None:
        self._inner = inner

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        item = PORTAL.run(_next(self._inner))
        if item is None:
            raise StopIteration
        return item

    def close(self) -> None:
        """Ends it."""
        PORTAL.run(self._inner.aclose())

    def __enter__(self) -> ItemStream[T]:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


async def _next(stream: AsyncIterator[T]) -> T | None:
    """The next piece, or None at the end: StopAsyncIteration cannot leave a coroutine that another thread waits for."""
    try:
        return await stream.__anext__()
    except StopAsyncIteration:
        return None

"""The bridge as a process: one for an event loop, from the first runtime that is opened in it to the end of the last."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import tempfile
import weakref
from typing import IO, Any

from ._codec import Type
from ._connection import Connection, Ref
from ._fork import Origin
from ._locate import locate_bridge

_END_TIMEOUT_SECONDS = 15
_MAX_SHOWN = 2000


class Bridge:
    """A bridge that runs, and those who use it."""

    def __init__(self, process: subprocess.Popen[bytes], errors: IO[bytes]) -> None:
        self.origin = Origin()
        self.process = process
        self._errors = errors
        self.connection: Connection | None = None
        self._users = 0

    @staticmethod
    async def start() -> Bridge:
        command = locate_bridge()
        loop = asyncio.get_running_loop()
        mine, its = socket.socketpair()
        errors = tempfile.TemporaryFile()
        try:
            with its:
                process = subprocess.Popen(
                    [*command, "--fd", str(its.fileno())],
                    pass_fds=[its.fileno()],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=errors,
                )
            bridge = Bridge(process, errors)
            mine.setblocking(False)
            _, connection = await loop.create_connection(lambda: Connection(loop, bridge.describe_end), sock=mine)
        except BaseException:
            mine.close()
            errors.close()
            raise
        bridge.connection = connection
        try:
            await connection.hello
        except BaseException:
            await bridge.end()
            raise
        return bridge

    def describe_end(self) -> str:
        """Why the connection is lost, as far as that is known."""
        self._errors.seek(0)
        said = self._errors.read(_MAX_SHOWN).decode("utf-8", "replace").strip()
        message = f"the bridge to BoxLite (process {self.process.pid}, {' '.join(map(str, self.process.args))}) has ended"  # type: ignore[arg-type]
        return f"{message}: {said}" if said else f"{message}; open the runtime again"

    def use(self) -> None:
        self._users += 1

    async def unuse(self) -> None:
        """The last one ends it."""
        self._users -= 1
        if self._users == 0:
            await self.end()

    def unuse_soon(self) -> None:
        """As :meth:`unuse`, for a runtime that was dropped."""
        self._users -= 1
        if self._users == 0 and self.connection is not None:
            self.connection.close()

    @property
    def is_usable(self) -> bool:
        return not self.origin.is_elsewhere and self._users > 0 and self.connection is not None and not self.connection.lost.done()

    async def end(self) -> None:
        """Ends the process, and waits for that. It is not a forked child's to end."""
        if self.origin.is_elsewhere:
            return
        if self.connection is not None:
            self.connection.close()
        try:
            waiting = asyncio.get_running_loop().run_in_executor(None, self._wait)
        except RuntimeError:
            # The program is at its end, and starts no threads any more.
            await self._ended()
            self._wait()
        else:
            await asyncio.shield(waiting)

    async def _ended(self) -> None:
        loop = asyncio.get_running_loop()
        ended = asyncio.Event()
        process = os.pidfd_open(self.process.pid)
        loop.add_reader(process, ended.set)
        try:
            await asyncio.wait_for(ended.wait(), _END_TIMEOUT_SECONDS)
        except asyncio.TimeoutError:
            # What waits for it next kills it.
            pass
        finally:
            loop.remove_reader(process)
            os.close(process)

    def _wait(self) -> None:
        try:
            self.process.wait(_END_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._errors.close()


_bridges: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Bridge] = weakref.WeakKeyDictionary()
_locks: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = weakref.WeakKeyDictionary()


async def acquire() -> Bridge:
    """The bridge of the event loop, which is started when there is none. Who acquires it uses it until ``unuse``."""
    loop = asyncio.get_running_loop()
    lock = _locks.setdefault(loop, asyncio.Lock())
    async with lock:
        bridge = _bridges.get(loop)
        if bridge is None or not bridge.is_usable:
            bridge = await Bridge.start()
            _bridges[loop] = bridge
        bridge.use()
        return bridge


async def call_static(method: str, arguments: list[Any], result: Type) -> Any:
    """Calls what makes a handle, which has the bridge until it is closed or dropped."""
    bridge = await acquire()
    try:
        connection = bridge.connection
        assert connection is not None
        handle = await connection.call(method, arguments, result)
    except BaseException:
        await bridge.unuse()
        raise
    ref: Ref = handle._ref
    finalizer = weakref.finalize(handle, bridge.unuse_soon)
    finalizer.atexit = False

    async def release() -> None:
        if finalizer.detach() is not None:
            await bridge.unuse()

    ref.release = release
    return handle


async def open_items(method: str, arguments: list[Any], result: Type) -> Any:
    """Calls a function that gives items; they have the bridge until they are dropped."""
    bridge = await acquire()
    try:
        connection = bridge.connection
        assert connection is not None
        incoming = await connection.call(method, arguments, result)
    except BaseException:
        await bridge.unuse()
        raise
    weakref.finalize(incoming, bridge.unuse_soon).atexit = False
    return incoming

"""A command that runs in a Box."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from .. import _aio, _data
from .._portal import PORTAL
from .._streams import ByteSink
from ..boxes._signals import signal_number
from ._output import ExecStderr, ExecStdout, Output


@dataclass(frozen=True)
class ExitResult:
    """How a command has ended.

    Attributes:
        exit_code: 0 to 255; negative when a signal ended it: -9 for SIGKILL.
        error_message: What ended it, when it did not end by itself.
    """

    exit_code: int
    error_message: str | None = None
    timed_out: bool = False


def exit_result(status: _data.ExitStatus) -> ExitResult:
    code = -signal_number(status.signal) if status.exit_code is None else status.exit_code
    message = None if status.signal is None else f"the command was ended by {status.signal}"
    return ExitResult(code, "the command took longer than it may" if status.timed_out else message, status.timed_out)


class ExecutionId(str):
    """The id of a command, as text; and by a call, for programs that know a method there."""

    __slots__ = ()

    def __call__(self) -> str:
        return str(self)


class ExecStdin:
    """What a command reads."""

    def __init__(self, sink: ByteSink) -> None:
        self._sink = sink
        self._closed = False

    async def send_input(self, data: bytes | str) -> None:
        """Hands over bytes; waits while the command does not read.

        Raises:
            BoxliteError: When nobody reads it any more: a ``BrokenPipeError`` as well; or what the Box has failed with.
        """
        await PORTAL.cross(self._sink.write(bytes(data) if not isinstance(data, str) else data))

    async def close(self) -> None:
        """The command reads an end of file. Idempotent."""
        self._closed = True
        await PORTAL.cross(self._sink.close())

    async def is_closed(self) -> bool:
        """Whether :meth:`close` was called."""
        return self._closed


class Execution:
    """A command that runs, or ran, in a Box."""

    def __init__(self, inner: _aio.Execution) -> None:
        self._inner = inner
        self._outputs = (Output(inner.stdout), Output(inner.stderr))
        self._stdin = ExecStdin(inner.stdin)
        self._stdout = ExecStdout(self._outputs[0])
        self._stderr = ExecStderr(self._outputs[1])

    @property
    def id(self) -> ExecutionId:
        """Unique in the Box; ``execution.id()`` is the same."""
        return ExecutionId(self._inner.id)

    def stdin(self) -> ExecStdin:
        """What the command reads. It stays open until it is closed."""
        return self._stdin

    def stdout(self) -> ExecStdout:
        """What the command prints. It waits when a MiB is unread and nobody is in :meth:`wait`."""
        return self._stdout

    def stderr(self) -> ExecStderr:
        """As :meth:`stdout`."""
        return self._stderr

    async def wait(self) -> ExitResult:
        """Waits for the command to end; its output may still be read afterwards.

        Raises:
            BoxliteError: ``StoppedError`` or ``PortalError`` when the Box was stopped or lost; ``ResourceExhaustedError`` when the
                command prints more than 64 MiB that nobody reads.
        """
        return await PORTAL.cross(self._wait())

    async def _wait(self) -> ExitResult:
        waiting = asyncio.ensure_future(self._inner.wait())
        reading = [asyncio.ensure_future(output.read_ahead()) for output in self._outputs]
        pending: set[asyncio.Future[Any]] = {waiting, *reading}
        try:
            while not waiting.done():
                done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
                for each in done:
                    each.result()
            return exit_result(waiting.result())
        finally:
            for unfinished in pending:
                unfinished.cancel()
            await asyncio.gather(*pending, return_exceptions=True)

    async def kill(self, signal: int = 9) -> None:
        """Sends a signal to the command's process group; does nothing when it has ended."""
        await PORTAL.cross(self._inner.kill(signal))

    async def signal(self, signal: int) -> None:
        """As :meth:`kill`."""
        await self.kill(signal)

    async def resize_tty(self, rows: int, cols: int) -> None:
        """Gives the command's terminal another size.

        Raises:
            BoxliteError: ``InvalidStateError`` when it has no terminal.
        """
        await PORTAL.cross(self._inner.resize(rows=rows, columns=cols))

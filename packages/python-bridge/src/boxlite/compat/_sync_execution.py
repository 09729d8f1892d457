"""Commands in Boxes, for programs without asyncio."""

from __future__ import annotations

from collections.abc import Iterator

from .._portal import PORTAL
from ._execution import ExecStdin, Execution, ExecutionId, ExitResult
from ._output import Output


class SyncExecStdin:
    """:class:`boxlite.compat.ExecStdin`."""

    def __init__(self, inner: ExecStdin) -> None:
        self._inner = inner

    def send_input(self, data: bytes | str) -> None:
        """Hands over bytes; waits while the command does not read."""
        PORTAL.run(self._inner._sink.write(data))

    def close(self) -> None:
        """The command reads an end of file. Idempotent."""
        PORTAL.run(self._inner._sink.close())


class SyncExecStdout:
    """What a command prints, line by line, with the ends of the lines. Iterate over it, once."""

    def __init__(self, output: Output) -> None:
        self._output = output

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        ready = self._output.ready
        while not ready:
            if not PORTAL.run(self._output.fill()):
                raise StopIteration
        return ready.popleft()


class SyncExecStderr(SyncExecStdout):
    """As :class:`SyncExecStdout`."""


class SyncExecution:
    """A command that runs, or ran, in a Box."""

    def __init__(self, inner: Execution) -> None:
        self._inner = inner

    @property
    def id(self) -> ExecutionId:
        """Unique in the Box; ``execution.id()`` is the same."""
        return self._inner.id

    def stdin(self) -> SyncExecStdin:
        """What the command reads."""
        return SyncExecStdin(self._inner.stdin())

    def stdout(self) -> SyncExecStdout:
        """What the command prints."""
        return SyncExecStdout(self._inner._outputs[0])

    def stderr(self) -> SyncExecStderr:
        """As :meth:`stdout`."""
        return SyncExecStderr(self._inner._outputs[1])

    def wait(self) -> ExitResult:
        """Waits for the command to end; its output may still be read afterwards."""
        return PORTAL.run(self._inner._wait())

    def kill(self, signal: int = 9) -> None:
        """Sends a signal to the command's process group; does nothing when it has ended."""
        PORTAL.run(self._inner._inner.kill(signal))

    def resize_tty(self, rows: int, cols: int) -> None:
        """Gives the command's terminal another size."""
        PORTAL.run(self._inner._inner.resize(rows=rows, columns=cols))

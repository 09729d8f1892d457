"""A Box with a shell in a terminal."""

from __future__ import annotations

import asyncio
import sys
from typing import Any, TypeVar

from .._aio import BoxliteRuntime, Execution
from .._data import ExitStatus
from .._errors import BoxliteError, InvalidStateError
from ._simple_box import SimpleBox
from ._terminal import Terminal, terminal_size

B = TypeVar("B", bound="InteractiveBox")


class InteractiveBox(SimpleBox):
    """A Box with a shell in a terminal: enter it, :meth:`wait` for the shell to end, leave it.

    Where this program has a terminal, that is the shell's: keys go to it as they are, and it has the same size. It is put back when the
    shell ends or the Box stops.
    """

    def __init__(
        self,
        image: str | None = None,
        shell: str = "/bin/sh",
        tty: bool | None = None,
        memory_mib: int | None = None,
        cpus: int | None = None,
        runtime: BoxliteRuntime | None = None,
        name: str | None = None,
        auto_remove: bool = True,
        **options: Any,
    ) -> None:
        """Nothing is made yet.

        Args:
            shell: What runs in the terminal.
            tty: Whether stdin and stdout of this program are connected with the shell; False leaves that to the program, by
                :attr:`execution`. Default: whether stdin is a terminal.
            options: As :class:`SimpleBox`.
        """
        super().__init__(image=image, memory_mib=memory_mib, cpus=cpus, runtime=runtime, name=name, auto_remove=auto_remove, **options)
        self._shell = shell
        self._tty = sys.stdin.isatty() if tty is None else tty
        self._execution: Execution | None = None
        self._starting = asyncio.Lock()
        self._shown: asyncio.Task[None] | None = None
        self._terminal: Terminal | None = None

    @property
    def execution(self) -> Execution:
        """The shell: its ``stdin`` is typed, its ``stdout`` is what the terminal shows, ``resize`` changes its size.

        Raises:
            BoxliteError: ``InvalidStateError`` before ``start``.
        """
        if self._execution is None:
            raise InvalidStateError("the shell does not run yet; enter the Box by 'async with', or call start")
        return self._execution

    async def start(self: B) -> B:
        """Boots the Box and starts the shell in it. Idempotent."""
        async with self._starting:
            if self._execution is not None:
                return self
            size = terminal_size() if self._tty else None
            self._execution = await self.stream(self._shell, tty=size or True, stdin="pipe")
            if self._tty:
                self._terminal = Terminal(self._execution.stdin, self._execution)
                self._shown = asyncio.create_task(self._show(self._execution, self._terminal))
        return self

    async def _show(self, execution: Execution, terminal: Terminal) -> None:
        try:
            async for chunk in execution.stdout:
                sys.stdout.buffer.write(chunk)
                sys.stdout.buffer.flush()
        except BoxliteError:
            # `wait` tells.
            pass
        finally:
            terminal.put_back()

    async def wait(self) -> ExitStatus:
        """Waits for the shell to end, and all it has shown.

        Raises:
            BoxliteError: ``InvalidStateError`` before ``start``; ``StoppedError`` when the Box is stopped before the shell could end.
        """
        status = await self.execution.wait()
        if self._shown is not None:
            await self._shown
        return status

    async def stop(self) -> None:
        """As :class:`SimpleBox`; the terminal is put back."""
        if self._terminal is not None:
            self._terminal.put_back()
        await super().stop()
        if self._shown is not None:
            await self._shown
        self._execution = self._shown = self._terminal = None

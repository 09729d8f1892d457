"""A Box with a shell in a terminal."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
from typing import Any, TypeVar

from .._aio import BoxliteRuntime, Execution
from .._data import ExitStatus, TerminalSize
from .._errors import BoxliteError, InvalidStateError
from ._simple_box import SimpleBox

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
        self._terminal: _Terminal | None = None

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
            size = _size() if self._tty and sys.stdout.isatty() else None
            self._execution = await self.stream(self._shell, tty=size or True, stdin="pipe")
            if self._tty:
                self._terminal = _Terminal(self._execution)
                self._shown = asyncio.create_task(self._show(self._execution, self._terminal))
        return self

    async def _show(self, execution: Execution, terminal: _Terminal) -> None:
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
            BoxliteError: ``InvalidStateError`` before ``start``; ``StoppedError`` when the Box is stopped meanwhile.
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


def _size() -> TerminalSize:
    columns, rows = shutil.get_terminal_size()
    return TerminalSize(rows=rows, columns=columns)


class _Terminal:
    """Stdin of this program while it is a shell's, in the event loop that it is made in."""

    def __init__(self, execution: Execution) -> None:
        self._execution = execution
        self._loop = asyncio.get_running_loop()
        self._keys: asyncio.Queue[bytes] = asyncio.Queue()
        self._typing = self._loop.create_task(self._type())
        self._fd = sys.stdin.fileno()
        self._settings: list[Any] | None = None
        self._over = False
        if os.isatty(self._fd):
            import termios
            import tty

            self._settings = termios.tcgetattr(self._fd)
            tty.setraw(self._fd, when=termios.TCSANOW)
            self._loop.add_signal_handler(signal.SIGWINCH, self._resized)
        self._loop.add_reader(self._fd, self._readable)

    def _readable(self) -> None:
        keys = os.read(self._fd, 4096)
        self._keys.put_nowait(keys)
        if not keys:
            self._loop.remove_reader(self._fd)

    async def _type(self) -> None:
        try:
            while keys := await self._keys.get():
                await self._execution.stdin.write(keys)
            await self._execution.stdin.close()
        except (BoxliteError, BrokenPipeError):
            # A shell that ends while keys are on their way to it is no failure.
            pass

    def _resized(self) -> None:
        async def resize() -> None:
            size = _size()
            try:
                await self._execution.resize(rows=size.rows, columns=size.columns)
            except BoxliteError:
                pass

        self._resizing = self._loop.create_task(resize())

    def put_back(self) -> None:
        """Idempotent."""
        if self._over:
            return
        self._over = True
        self._loop.remove_reader(self._fd)
        self._typing.cancel()
        if self._settings is not None:
            import termios

            self._loop.remove_signal_handler(signal.SIGWINCH)
            termios.tcsetattr(self._fd, termios.TCSADRAIN, self._settings)

"""The terminal of this program, while it is a shell's in a Box."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
from typing import Any, Protocol

from .._data import TerminalSize
from .._errors import BoxliteError


class Typed(Protocol):
    """What is typed to."""

    async def write(self, data: bytes) -> None: ...
    async def close(self) -> None: ...


class Resizable(Protocol):
    """What has a terminal, and hears of its size."""

    async def resize(self, *, rows: int, columns: int) -> None: ...


def terminal_size() -> TerminalSize | None:
    """That of this program's terminal; None when it has none."""
    if not sys.stdout.isatty():
        return None
    columns, rows = shutil.get_terminal_size()
    return TerminalSize(rows=rows, columns=columns)


class Terminal:
    """Stdin of this program while it is a shell's, in the event loop that it is made in."""

    def __init__(self, keyboard: Typed, screen: Resizable) -> None:
        self._keyboard = keyboard
        self._screen = screen
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
                await self._keyboard.write(keys)
            await self._keyboard.close()
        except (BoxliteError, BrokenPipeError):
            # A shell that ends while keys are on their way to it is no failure.
            pass

    def _resized(self) -> None:
        async def resize() -> None:
            size = terminal_size()
            try:
                if size is not None:
                    await self._screen.resize(rows=size.rows, columns=size.columns)
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

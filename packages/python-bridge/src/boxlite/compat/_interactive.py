"""InteractiveBox, as other programs know it."""

from __future__ import annotations

import asyncio
import sys
from typing import Any, TypeVar

from .._errors import BoxliteError, InvalidStateError
from .._portal import PORTAL
from ..boxes._terminal import Terminal
from ._boxes import SimpleBox
from ._boxlite import Boxlite
from ._execution import Execution

B = TypeVar("B", bound="InteractiveBox")


class _Keyboard:
    def __init__(self, execution: Execution) -> None:
        self._stdin = execution.stdin()

    async def write(self, data: bytes) -> None:
        await self._stdin.send_input(data)

    async def close(self) -> None:
        await self._stdin.close()


class _Screen:
    def __init__(self, execution: Execution) -> None:
        self._execution = execution

    async def resize(self, *, rows: int, columns: int) -> None:
        await self._execution.resize_tty(rows, columns)


class InteractiveBox(SimpleBox):
    """A Box with a shell in a terminal: enter it, :meth:`wait` for the shell to end, leave it."""

    def __init__(
        self,
        image: str | None = None,
        shell: str = "/bin/sh",
        tty: bool | None = None,
        memory_mib: int | None = None,
        cpus: int | None = None,
        runtime: Boxlite | None = None,
        name: str | None = None,
        auto_remove: bool = True,
        **kwargs: Any,
    ) -> None:
        """Nothing is made yet.

        Args:
            shell: What runs in the terminal.
            tty: Whether stdin and stdout of this program are connected with the shell. Default: whether stdin is a terminal.
        """
        super().__init__(image=image, memory_mib=memory_mib, cpus=cpus, runtime=runtime, name=name, auto_remove=auto_remove, **kwargs)
        self._shell = shell
        self._tty = sys.stdin.isatty() if tty is None else tty
        self._execution: Execution | None = None
        self._terminal: Terminal | None = None
        self._shown: asyncio.Task[None] | None = None

    async def start(self: B) -> B:
        """Boots the Box and starts the shell in it. Idempotent."""
        await super().start()
        if self._execution is None:
            self._execution = execution = await self._box.exec(self._shell, tty=True)
            if self._tty:
                self._terminal = Terminal(_Keyboard(execution), _Screen(execution))
                self._shown = asyncio.create_task(self._show(execution, self._terminal))
        return self

    async def _show(self, execution: Execution, terminal: Terminal) -> None:
        try:
            while (chunk := await PORTAL.cross(execution._outputs[0].chunk())) is not None:
                sys.stdout.buffer.write(chunk)
                sys.stdout.buffer.flush()
        except BoxliteError:
            # `wait` tells.
            pass
        finally:
            terminal.put_back()

    async def wait(self) -> None:
        """Waits for the shell to end, and all it has shown.

        Raises:
            BoxliteError: ``InvalidStateError`` before it is started; ``StoppedError`` when the Box is stopped meanwhile.
        """
        if self._execution is None:
            raise InvalidStateError("the shell does not run yet; enter the Box by 'async with', or call start")
        if self._shown is not None:
            await self._shown
        await self._execution.wait()

    async def stop(self) -> None:
        """As :class:`SimpleBox`; the terminal is put back."""
        if self._terminal is not None:
            self._terminal.put_back()
        await super().stop()
        if self._shown is not None:
            await self._shown
        self._execution = self._shown = self._terminal = None

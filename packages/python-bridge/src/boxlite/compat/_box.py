"""A Box, by a handle of its own."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import NoReturn

from .._aio import LiteBox
from .._errors import InvalidArgumentError
from .._fork import Origin
from .._portal import PORTAL
from ..boxes._terminal import terminal_size
from ._copy import CopyOptions, CopyOutOutcome, CopyOutPair, copy_in, copy_out, copy_out_many
from ._execution import Execution
from ._info import BoxInfo, box_info
from ._lease import Lease
from ._metrics import BoxMetrics, box_metrics
from ._refused import GIT, SSH, NetworkHandle, RefusedPart
from ._snapshots import SnapshotHandle


@dataclass(frozen=True)
class CloneOptions:
    """There are none."""


@dataclass(frozen=True)
class ExportOptions:
    """There are none."""


class Box:
    """A Box. Entered by ``async with`` it is started, and stopped at the end of the block."""

    def __init__(self, inner: LiteBox, lease: Lease | None) -> None:
        self._inner = inner
        self._origin = Origin()
        # As long as somebody has the Box, its runtime is open.
        self._lease = lease
        self.network = NetworkHandle()

    async def reach(self) -> LiteBox:
        """The Box in the API's own words, for the portal's loop."""
        return self._inner

    @property
    def id(self) -> str:
        """Unique in the home."""
        return self._inner.id

    @property
    def name(self) -> str | None:
        """As it was given."""
        return self._inner.name

    @property
    def snapshot(self) -> SnapshotHandle:
        """Its snapshots."""
        return SnapshotHandle(self)

    @property
    def git(self) -> RefusedPart:
        """Not supported: run the image's own git."""
        return GIT

    @property
    def ssh(self) -> RefusedPart:
        """Not supported: Boxes have no network yet."""
        return SSH

    def info(self) -> BoxInfo:
        """What is known of the Box now; ``await box.info()`` is the same. Waits for the answer, a millisecond or so."""
        return PORTAL.run(self._info())

    async def _info(self) -> BoxInfo:
        return box_info(await self._inner.info())

    async def start(self) -> None:
        """Boots the Box when it does not run. Idempotent."""
        await PORTAL.cross(self._inner.start())

    async def exec(
        self,
        command: str,
        args: Sequence[str] | None = None,
        env: Sequence[tuple[str, str]] | Mapping[str, str] | None = None,
        tty: bool = False,
        user: str | None = None,
        timeout_secs: float | None = None,
        cwd: str | None = None,
    ) -> Execution:
        """Starts a command, and the Box itself when it does not run.

        Args:
            tty: With a terminal, of this program's size where that has one.
            timeout_secs: After so many seconds the command is ended. Default: never.

        Raises:
            BoxliteError: As ``LiteBox.exec``.
        """
        return await PORTAL.cross(self._exec(command, args, env, tty, user, timeout_secs, cwd))

    async def _exec(
        self,
        command: str,
        args: Sequence[str] | None = None,
        env: Sequence[tuple[str, str]] | Mapping[str, str] | None = None,
        tty: bool = False,
        user: str | None = None,
        timeout_secs: float | None = None,
        cwd: str | None = None,
    ) -> Execution:
        if isinstance(args, str):
            raise InvalidArgumentError(f"the arguments of a command are a list: [{args!r}]")
        return Execution(
            await self._inner.exec(
                command,
                list(args or ()),
                env=None if env is None else dict(env),
                tty=(terminal_size() or True) if tty else None,
                user=user,
                timeout_ms=None if timeout_secs is None else timeout_secs * 1000,
                working_dir=cwd,
                stdin="pipe",
            )
        )

    async def copy_in(self, host_path: str, container_dest: str, copy_options: CopyOptions | None = None) -> None:
        """Copies a file or tree from the host into the Box, as ``docker cp``; directories above the target are made."""
        await PORTAL.cross(copy_in(self._inner, host_path, container_dest, copy_options))

    async def copy_out(self, container_src: str, host_dest: str, copy_options: CopyOptions | None = None) -> None:
        """Copies a file or tree out of the Box to the host, as ``docker cp``; directories above the target are made."""
        await PORTAL.cross(copy_out(self._inner, container_src, host_dest, copy_options))

    async def copy_out_many(self, pairs: Sequence[CopyOutPair]) -> list[CopyOutOutcome]:
        """:meth:`copy_out` of each, in this order. What fails is said in its outcome, and does not keep the others."""
        return await PORTAL.cross(copy_out_many(self._inner, pairs))

    async def metrics(self) -> BoxMetrics:
        """How much the Box uses."""
        return await PORTAL.cross(self._metrics())

    async def _metrics(self) -> BoxMetrics:
        return box_metrics(await self._inner.metrics())

    async def pause(self) -> None:
        """Halts the guest; its memory stays where it is. Idempotent."""
        await PORTAL.cross(self._inner.pause())

    async def resume(self) -> None:
        """Lets a paused guest go on. A Box that runs is left as it is."""
        await PORTAL.cross(self._inner.resume())

    async def clone_box(self, *, options: CloneOptions | None = None, name: str | None = None) -> Box:
        """A Box that begins as this one is now. That of a Box that runs runs as well, with its processes."""

        async def clone() -> Box:
            (made,) = await self._inner.clone(name=name)
            return Box(made, self._lease)

        return await PORTAL.cross(clone())

    async def export(self, dest: str, *, options: ExportOptions | None = None) -> str:
        """Writes the Box to one file, or into a directory, where it has its name or id with ``.boxlite``.

        Returns:
            The file's path.
        """
        path = os.path.join(dest, f"{self.name or self.id}.boxlite") if os.path.isdir(dest) else dest
        return await PORTAL.cross(self._inner.export(path))

    async def stop(self) -> None:
        """Stops the Box, which is removed by that unless ``auto_remove`` is False. Idempotent."""
        await PORTAL.cross(self._inner.stop())

    async def remove(self, force: bool = False) -> None:
        """Removes the Box and its disk.

        Raises:
            BoxliteError: ``InvalidStateError`` when it runs and ``force`` is not set.
        """
        await PORTAL.cross(self._inner.remove(force=force))

    async def tunnel(self, port: int) -> NoReturn:
        """Raises:
        BoxliteError: ``UnsupportedError``.
        """
        await self.network.tunnel(port)

    async def __aenter__(self) -> Box:
        await self.start()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if not self._origin.is_elsewhere:
            await self.stop()

    def __repr__(self) -> str:
        return f"Box(id={self.id!r})"

"""Snapshots of a Box."""

from __future__ import annotations

import builtins
import datetime
from dataclasses import dataclass
from typing import Protocol

from .. import _data
from .._aio import LiteBox
from .._portal import PORTAL


@dataclass(frozen=True)
class SnapshotOptions:
    """There are none."""


@dataclass(frozen=True)
class SnapshotInfo:
    """A state of a Box that it can be put back to: its disk, and its memory when it ran.

    Attributes:
        id: As ``name``, which is unique in the Box.
        created_at: In seconds since 1970.
        container_disk_bytes: The size of the Box's disk.
        size_bytes: What it takes on the host's disk.
    """

    id: str
    box_id: str
    name: str
    created_at: int
    container_disk_bytes: int
    size_bytes: int


class Reached(Protocol):
    """A Box in the portal's loop."""

    async def reach(self) -> LiteBox: ...


class SnapshotHandle:
    """Snapshots of a Box. One that runs goes on from its memory when it is put back."""

    def __init__(self, box: Reached) -> None:
        self._box = box

    def _info(self, info: _data.SnapshotInfo, box: _data.BoxInfo) -> SnapshotInfo:
        created = datetime.datetime.fromisoformat(info.created_at.replace("Z", "+00:00"))
        return SnapshotInfo(
            id=info.name,
            box_id=box.id,
            name=info.name,
            created_at=int(created.timestamp()),
            container_disk_bytes=box.disk_size_mib * 1024 * 1024,
            size_bytes=info.size_bytes,
        )

    async def create(self, name: str, options: SnapshotOptions | None = None) -> SnapshotInfo:
        """Keeps the Box's state of now."""

        async def create() -> SnapshotInfo:
            box = await self._box.reach()
            return self._info(await box.snapshots.create(name), await box.info())

        return await PORTAL.cross(create())

    async def list(self) -> builtins.list[SnapshotInfo]:
        """All of the Box."""

        async def infos() -> builtins.list[SnapshotInfo]:
            box = await self._box.reach()
            known = await box.info()
            return [self._info(info, known) for info in await box.snapshots.list()]

        return await PORTAL.cross(infos())

    async def get(self, name: str) -> SnapshotInfo | None:
        """One by its name; None when there is none of that name."""
        return next((info for info in await self.list() if info.name == name), None)

    async def restore(self, name: str) -> None:
        """Puts the Box back to it."""

        async def restore() -> None:
            await (await self._box.reach()).snapshots.restore(name)

        await PORTAL.cross(restore())

    async def remove(self, name: str) -> None:
        """Forgets it."""

        async def remove() -> None:
            await (await self._box.reach()).snapshots.remove(name)

        await PORTAL.cross(remove())

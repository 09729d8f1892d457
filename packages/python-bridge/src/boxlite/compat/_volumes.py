"""The named volumes of a runtime."""

from __future__ import annotations

import builtins
from dataclasses import dataclass

from .. import _data
from .._errors import NotFoundError
from .._portal import PORTAL
from ._lease import Lease


@dataclass(frozen=True)
class VolumeInfo:
    """A disk that outlives the Boxes that use it.

    Attributes:
        id: As ``name``, which is unique in the home.
        created_at: In ISO 8601.
        size_bytes: The most that it holds.
    """

    id: str
    name: str
    created_at: str
    size_bytes: int | None


def volume_info(info: _data.VolumeInfo) -> VolumeInfo:
    return VolumeInfo(info.name, info.name, info.created_at, info.size_mib * 1024 * 1024)


class VolumeHandle:
    """The volumes of a runtime. A Box has one by ``{"managed_volume": id, "guest_path": path}`` among its ``volumes``."""

    def __init__(self, lease: Lease) -> None:
        self._lease = lease

    async def create(self, name: str | None = None) -> VolumeInfo:
        """Makes an empty volume.

        Args:
            name: Default: one that is made up.

        Raises:
            BoxliteError: ``AlreadyExistsError``; ``InvalidArgumentError``.
        """

        async def create() -> VolumeInfo:
            return volume_info(await (await self._lease.runtime()).volumes.create(name=name))

        return await PORTAL.cross(create())

    async def list(self) -> builtins.list[VolumeInfo]:
        """All volumes of the home, by name."""

        async def found() -> builtins.list[VolumeInfo]:
            return [volume_info(each) for each in await (await self._lease.runtime()).volumes.list()]

        return await PORTAL.cross(found())

    async def get(self, id: str) -> VolumeInfo:
        """Raises:
        BoxliteError: ``NotFoundError``.
        """

        async def get() -> VolumeInfo:
            return volume_info(await (await self._lease.runtime()).volumes.get(id))

        return await PORTAL.cross(get())

    async def remove(self, id: str, force: bool = False) -> None:
        """Removes a volume with all that is on it.

        Args:
            force: Be content when there is none.

        Raises:
            BoxliteError: ``NotFoundError``; ``InvalidStateError`` when a Box has it.
        """

        async def remove() -> None:
            try:
                await (await self._lease.runtime()).volumes.remove(id)
            except NotFoundError:
                if not force:
                    raise

        await PORTAL.cross(remove())

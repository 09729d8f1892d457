"""A runtime."""

from __future__ import annotations

import asyncio
import threading
from types import TracebackType
from typing import NoReturn

from .._aio import LiteBox
from .._errors import InvalidStateError, NotFoundError
from .._portal import PORTAL
from ._box import Box
from ._box_options import BoxOptions
from ._images import ImageHandle
from ._info import BoxInfo, box_info
from ._lease import Lease
from ._metrics import RuntimeMetrics, runtime_metrics
from ._refused import REGISTRIES, BoxliteRestOptions, RefusedPart, refuse
from ._runtime_options import Options
from ._volumes import VolumeHandle

# A day: as good as for ever, and a number that all layers take.
_FOREVER_MS = 86_400_000


class Boxlite:
    """A runtime: the Boxes and images of a home. It is opened when it is first used.

    It is closed, and its home free for others, when neither it nor one of its Boxes is referred to any more, and at the end of the
    program: then its Boxes are stopped, but those with ``detach``. Any number of event loops may use it.
    """

    _default: Boxlite | None = None
    _default_lock = threading.Lock()

    def __init__(self, options: Options) -> None:
        """Raises:
        BoxliteError: ``UnsupportedError``, ``InvalidArgumentError``.
        """
        self._lease = Lease(options.as_options())

    @staticmethod
    def default() -> Boxlite:
        """The one runtime of all who name none, of the home that ``BOXLITE_HOME`` names, or ``~/.boxlite``."""
        with Boxlite._default_lock:
            if Boxlite._default is None:
                runtime = object.__new__(Boxlite)
                runtime._lease = Lease()
                Boxlite._default = runtime
            return Boxlite._default

    @staticmethod
    def _lease_of(runtime: Boxlite | None) -> Lease | None:
        """Of a runtime, or of the default one, where there is one."""
        chosen = runtime or Boxlite._default
        return None if chosen is None else chosen._lease

    @staticmethod
    def init_default(options: Options) -> None:
        """Says what :meth:`default` gives.

        Raises:
            BoxliteError: ``InvalidStateError`` when that is there already.
        """
        with Boxlite._default_lock:
            if Boxlite._default is not None:
                raise InvalidStateError("the default runtime is there already; call init_default before it is used")
            Boxlite._default = Boxlite(options)

    @staticmethod
    def rest(options: BoxliteRestOptions) -> NoReturn:
        """Raises:
        BoxliteError: ``UnsupportedError``.
        """
        refuse("a runtime on a server", BoxliteRestOptions._why)

    @property
    def images(self) -> ImageHandle:
        """Its images."""
        return ImageHandle(self._lease)

    @property
    def volumes(self) -> VolumeHandle:
        """Its named volumes."""
        return VolumeHandle(self._lease)

    @property
    def registries(self) -> RefusedPart:
        """Not supported: name them to :class:`Options`."""
        return REGISTRIES

    async def create(self, options: BoxOptions, name: str | None = None) -> Box:
        """Makes a Box. Nothing is pulled or booted yet.

        Raises:
            BoxliteError: ``AlreadyExistsError`` for a name that is taken; ``UnsupportedError`` for what there is not yet;
                ``InvalidArgumentError``.
        """
        return await PORTAL.cross(self._create(options, name))

    async def _create(self, options: BoxOptions, name: str | None = None) -> Box:
        planned = options.plan(name)
        return Box(await (await self._lease.runtime()).create(**planned.box), self._lease)

    async def get_or_create(self, options: BoxOptions, name: str | None = None) -> tuple[Box, bool]:
        """The Box of this name, with its own options, or a new one; and whether it is new."""
        return await PORTAL.cross(self._get_or_create(options, name))

    async def _get_or_create(self, options: BoxOptions, name: str | None = None) -> tuple[Box, bool]:
        if name is None:
            return await self._create(options), True
        found = await (await self._lease.runtime()).get_or_create(**options.plan(name).box)
        return Box(found.box, self._lease), found.created

    async def get(self, id_or_name: str) -> Box | None:
        """A Box by its id or name; None when there is none."""
        return await PORTAL.cross(self._get(id_or_name))

    async def _get(self, id_or_name: str) -> Box | None:
        found = await self._find(id_or_name)
        return None if found is None else Box(found, self._lease)

    async def _find(self, id_or_name: str) -> LiteBox | None:
        try:
            return await (await self._lease.runtime()).get(id_or_name)
        except NotFoundError:
            return None

    async def get_info(self, id_or_name: str) -> BoxInfo | None:
        """What is known of a Box; None when there is none."""
        return await PORTAL.cross(self._get_info(id_or_name))

    async def _get_info(self, id_or_name: str) -> BoxInfo | None:
        found = await self._find(id_or_name)
        return None if found is None else box_info(await found.info())

    async def list_info(self, _state: str | None = None) -> list[BoxInfo]:
        """All Boxes, newest first; those in this state, where one is named."""
        return await PORTAL.cross(self._list_info(_state))

    async def _list_info(self, state: str | None = None) -> list[BoxInfo]:
        infos = [box_info(info) for info in await (await self._lease.runtime()).list()]
        return [info for info in infos if state in (None, info.state.status)]

    async def metrics(self) -> RuntimeMetrics:
        """What it did since it was opened."""
        return await PORTAL.cross(self._metrics())

    async def _metrics(self) -> RuntimeMetrics:
        return runtime_metrics(await (await self._lease.runtime()).metrics())

    async def remove(self, id_or_name: str, force: bool = False) -> None:
        """Removes a Box and its disk.

        Args:
            force: Stops it first when it runs; and is content when there is none, as after a stop that has removed it.

        Raises:
            BoxliteError: ``NotFoundError``; ``InvalidStateError`` when it runs.
        """
        await PORTAL.cross(self._remove(id_or_name, force))

    async def _remove(self, id_or_name: str, force: bool = False) -> None:
        try:
            await (await self._lease.runtime()).remove(id_or_name, force=force)
        except NotFoundError:
            if not force:
                raise

    async def import_box(self, archive_path: str, name: str | None = None) -> Box:
        """Makes a Box of a file that :meth:`Box.export` has written."""

        async def made() -> Box:
            return Box(await (await self._lease.runtime()).import_(archive_path, name=name), self._lease)

        return await PORTAL.cross(made())

    async def shutdown(self, timeout: int | None = None) -> None:
        """Stops all Boxes and closes it for good.

        Args:
            timeout: Seconds that the processes of a Box have to end. Default: 10. -1: as long as they need.
        """
        await PORTAL.cross(self._shutdown(timeout))

    async def _shutdown(self, timeout: int | None = None) -> None:
        timeout_ms = None if timeout is None else _FOREVER_MS if timeout < 0 else timeout * 1000
        runtime = await self._lease.runtime()

        async def stop(id: str) -> None:
            try:
                await (await runtime.get(id)).stop(timeout_ms=timeout_ms)
            except NotFoundError:
                # One that is removed when it stops may be gone by now.
                pass

        running = [info.id for info in await runtime.list() if info.status not in ("configured", "stopped", "failed")]
        ended = await asyncio.gather(*(stop(id) for id in running), return_exceptions=True)
        with Boxlite._default_lock:
            if Boxlite._default is self:
                Boxlite._default = None
        await self._lease.close()
        for error in ended:
            if error is not None:
                raise error

    def close(self) -> None:
        """Closes it: its Boxes are stopped, but those with ``detach``. The default one stays open, for all who use it. Idempotent."""
        if Boxlite._default is not self:
            PORTAL.run(self._lease.close())

    def __enter__(self) -> Boxlite:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        return "Boxlite.default()" if Boxlite._default is self else "Boxlite()"

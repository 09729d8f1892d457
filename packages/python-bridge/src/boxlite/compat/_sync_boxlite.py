"""A runtime and its images, for programs without asyncio."""

from __future__ import annotations

import builtins
from types import TracebackType

from .._portal import PORTAL
from ._box_options import BoxOptions
from ._boxlite import Boxlite
from ._images import ImageHandle, ImageInfo, ImagePullResult
from ._info import BoxInfo
from ._metrics import RuntimeMetrics
from ._runtime_options import Options
from ._sync_box import SyncBox


class SyncImageHandle:
    """The images of a runtime."""

    def __init__(self, inner: ImageHandle) -> None:
        self._inner = inner

    def pull(self, reference: str) -> ImagePullResult:
        """Pulls an image from its registry, when it is not here."""
        return PORTAL.run(self._inner._pull(reference))

    def list(self) -> builtins.list[ImageInfo]:
        """The images that are here."""
        return PORTAL.run(self._inner._list())


class SyncBoxlite:
    """A runtime, by the rules of :class:`boxlite.compat.Boxlite`."""

    def __init__(self, options: Options) -> None:
        """As :class:`boxlite.compat.Boxlite`."""
        self._boxlite = Boxlite(options)

    @staticmethod
    def default() -> SyncBoxlite:
        """That of :meth:`boxlite.compat.Boxlite.default`."""
        made = object.__new__(SyncBoxlite)
        made._boxlite = Boxlite.default()
        return made

    @staticmethod
    def init_default(options: Options) -> None:
        """As :meth:`boxlite.compat.Boxlite.init_default`."""
        Boxlite.init_default(options)

    @property
    def runtime(self) -> Boxlite:
        """The same runtime, for asyncio."""
        return self._boxlite

    @property
    def images(self) -> SyncImageHandle:
        """Its images."""
        return SyncImageHandle(self._boxlite.images)

    def start(self) -> SyncBoxlite:
        """Nothing is needed to use it; for programs that call :meth:`stop` in the end."""
        return self

    def stop(self) -> None:
        """As :meth:`boxlite.compat.Boxlite.close`."""
        self._boxlite.close()

    def __enter__(self) -> SyncBoxlite:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def create(self, options: BoxOptions, name: str | None = None) -> SyncBox:
        """Makes a Box. Nothing is pulled or booted yet."""
        return SyncBox(PORTAL.run(self._boxlite._create(options, name)))

    def get_or_create(self, options: BoxOptions, name: str | None = None) -> tuple[SyncBox, bool]:
        """The Box of this name, with its own options, or a new one; and whether it is new."""
        box, created = PORTAL.run(self._boxlite._get_or_create(options, name))
        return SyncBox(box), created

    def get(self, id_or_name: str) -> SyncBox | None:
        """A Box by its id or name; None when there is none."""
        found = PORTAL.run(self._boxlite._get(id_or_name))
        return None if found is None else SyncBox(found)

    def get_info(self, id_or_name: str) -> BoxInfo | None:
        """What is known of a Box; None when there is none."""
        return PORTAL.run(self._boxlite._get_info(id_or_name))

    def list_info(self) -> list[BoxInfo]:
        """All Boxes, newest first."""
        return PORTAL.run(self._boxlite._list_info())

    def metrics(self) -> RuntimeMetrics:
        """What it did since it was opened."""
        return PORTAL.run(self._boxlite._metrics())

    def remove(self, id_or_name: str, force: bool = False) -> None:
        """As :meth:`boxlite.compat.Boxlite.remove`."""
        PORTAL.run(self._boxlite._remove(id_or_name, force))

    def shutdown(self, timeout: int | None = None) -> None:
        """As :meth:`boxlite.compat.Boxlite.shutdown`."""
        PORTAL.run(self._boxlite._shutdown(timeout))

    def __repr__(self) -> str:
        return f"SyncBoxlite({self._boxlite!r})"

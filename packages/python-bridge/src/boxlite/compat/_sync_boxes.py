"""SimpleBox and CodeBox, for programs without asyncio."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any, NoReturn, TypeVar

from .._portal import PORTAL
from ._boxes import CodeBox, ExecResult, SimpleBox
from ._boxlite import Boxlite
from ._copy import CopyOptions
from ._info import BoxInfo
from ._metrics import BoxMetrics
from ._refused import SyncNetworkHandle
from ._sync_box import SyncBox
from ._sync_boxlite import SyncBoxlite

S = TypeVar("S", bound="SyncSimpleBox")


def _inner(runtime: SyncBoxlite | None) -> Boxlite | None:
    return None if runtime is None else runtime.runtime


class SyncSimpleBox:
    """:class:`boxlite.compat.SimpleBox` for programs without asyncio."""

    def __init__(
        self,
        image: str | None = None,
        rootfs_path: str | None = None,
        memory_mib: int | None = None,
        cpus: int | None = None,
        runtime: SyncBoxlite | None = None,
        name: str | None = None,
        auto_remove: bool = True,
        reuse_existing: bool = False,
        **kwargs: Any,
    ) -> None:
        """As :class:`boxlite.compat.SimpleBox`."""
        self._async: SimpleBox = SimpleBox(
            image, rootfs_path, memory_mib, cpus, _inner(runtime), name, auto_remove, reuse_existing, **kwargs
        )

    @property
    def _box(self) -> SyncBox:
        return SyncBox(self._async._box)

    @property
    def id(self) -> str:
        """The Box's id."""
        return self._async.id

    @property
    def name(self) -> str | None:
        """As it was given."""
        return self._async.name

    @property
    def created(self) -> bool | None:
        """Whether the Box was made by this, and not found by its name; None before it is started."""
        return self._async.created

    def info(self) -> BoxInfo:
        """What is known of the Box now."""
        return self._async.info()

    def start(self: S) -> S:
        """Makes and boots the Box. Idempotent."""
        PORTAL.run(self._async._inner.start())
        return self

    def __enter__(self: S) -> S:
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def exec(
        self,
        cmd: str,
        *args: str,
        env: Mapping[str, str] | None = None,
        user: str | None = None,
        timeout: float | None = None,
        cwd: str | None = None,
    ) -> ExecResult:
        """As :meth:`boxlite.compat.SimpleBox.exec`."""
        return PORTAL.run(self._async._exec(cmd, *args, env=env, user=user, timeout=timeout, cwd=cwd))

    def copy_in(
        self, host_path: str, container_dest: str, *, overwrite: bool = True, follow_symlinks: bool = False, include_parent: bool = True
    ) -> None:
        """As :meth:`boxlite.compat.SimpleBox.copy_in`."""
        PORTAL.run(self._async._copy_in(host_path, container_dest, CopyOptions(True, overwrite, follow_symlinks, include_parent)))

    def copy_out(
        self, container_src: str, host_dest: str, *, overwrite: bool = True, follow_symlinks: bool = False, include_parent: bool = True
    ) -> None:
        """As :meth:`boxlite.compat.SimpleBox.copy_out`."""
        PORTAL.run(self._async._copy_out(container_src, host_dest, CopyOptions(True, overwrite, follow_symlinks, include_parent)))

    @property
    def network(self) -> SyncNetworkHandle:
        """Its network, which it has not yet."""
        return SyncNetworkHandle()

    def tunnel(self, port: int) -> NoReturn:
        """Raises:
        BoxliteError: ``UnsupportedError``.
        """
        self.network.tunnel(port)

    def metrics(self) -> BoxMetrics:
        """How much the Box uses."""
        return PORTAL.run(self._async._metrics())

    def stop(self) -> None:
        """As :meth:`boxlite.compat.SimpleBox.stop`."""
        PORTAL.run(self._async._inner.stop())

    def shutdown(self) -> None:
        """As :meth:`stop`."""
        self.stop()


class SyncCodeBox(SyncSimpleBox):
    """:class:`boxlite.compat.CodeBox` for programs without asyncio."""

    def __init__(
        self,
        image: str = "python:slim",
        memory_mib: int | None = None,
        cpus: int | None = None,
        runtime: SyncBoxlite | None = None,
        **kwargs: Any,
    ) -> None:
        """As :class:`boxlite.compat.CodeBox`."""
        code_box = CodeBox(image, memory_mib, cpus, _inner(runtime), **kwargs)
        self._async, self._code = code_box, code_box._code

    def run(self, code: str, timeout: float | None = None) -> str:
        """As :meth:`boxlite.compat.CodeBox.run`."""
        return PORTAL.run(self._code.run(code, timeout))

    def run_script(self, script_path: str) -> str:
        """As :meth:`boxlite.compat.CodeBox.run_script`."""
        return PORTAL.run(self._code.run_script(script_path))

    def install_package(self, package: str) -> str:
        """As :meth:`boxlite.compat.CodeBox.install_package`."""
        return PORTAL.run(self._code.install_package(package))

    def install_packages(self, *packages: str) -> str:
        """As :meth:`boxlite.compat.CodeBox.install_packages`."""
        return PORTAL.run(self._code.install_packages(*packages))

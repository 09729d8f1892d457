"""The boxes for programs without asyncio: the same, and each call waits for its end."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Any, Literal, TypeVar

from .. import _aio
from .._data import BoxInfo, BoxMetrics, CopyResult
from .._portal import PORTAL
from ..sync import BoxliteRuntime, LiteBox
from ._code_box import CodeBox
from ._code_result import MAX_OUTPUT, CodeResult, Display
from ._simple_box import ExecResult, SimpleBox

S = TypeVar("S", bound="SyncSimpleBox")


def _inner(runtime: BoxliteRuntime | None) -> _aio.BoxliteRuntime | None:
    return None if runtime is None else runtime._inner


class SyncSimpleBox:
    """:class:`SimpleBox` for programs without asyncio."""

    def __init__(
        self,
        image: str | None = None,
        rootfs_path: str | os.PathLike[str] | None = None,
        memory_mib: int | None = None,
        cpus: int | None = None,
        runtime: BoxliteRuntime | None = None,
        name: str | None = None,
        auto_remove: bool = True,
        reuse_existing: bool = False,
        **options: Any,
    ) -> None:
        """As :class:`SimpleBox`; the runtime is one of ``boxlite.sync``."""
        self._async: SimpleBox = SimpleBox(
            image=image,
            rootfs_path=rootfs_path,
            memory_mib=memory_mib,
            cpus=cpus,
            runtime=_inner(runtime),
            name=name,
            auto_remove=auto_remove,
            reuse_existing=reuse_existing,
            **options,
        )

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
        """Whether the Box was made by this, and not found by its name; None before it is used."""
        return self._async.created

    def handle(self) -> LiteBox:
        """The Box itself, with all that it can do. Makes the Box when it is not there."""
        return LiteBox(PORTAL.run(self._async.handle()))

    def info(self) -> BoxInfo:
        """What is known of the Box."""
        return PORTAL.run(self._async.info())

    def start(self: S) -> S:
        """Makes and boots the Box. Idempotent."""
        PORTAL.run(self._async.start())
        return self

    def __enter__(self: S) -> S:
        PORTAL.run(self._async.__aenter__())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        PORTAL.run(self._async.__aexit__(kind, error, trace))

    def exec(
        self,
        cmd: str,
        *args: str,
        env: Mapping[str, str] | None = None,
        user: str | None = None,
        timeout: float | None = None,
        cwd: str | None = None,
        stdin: str | bytes | Iterable[bytes] | None = None,
    ) -> ExecResult:
        """As :meth:`SimpleBox.exec`."""
        return PORTAL.run(self._async.exec(cmd, *args, env=env, user=user, timeout=timeout, cwd=cwd, stdin=stdin))

    def copy_in(self, host_path: str | os.PathLike[str], box_path: str, **options: Any) -> CopyResult:
        """As :meth:`SimpleBox.copy_in`."""
        return PORTAL.run(self._async.copy_in(host_path, box_path, **options))

    def copy_out(self, box_path: str, host_path: str | os.PathLike[str], **options: Any) -> CopyResult:
        """As :meth:`SimpleBox.copy_out`."""
        return PORTAL.run(self._async.copy_out(box_path, host_path, **options))

    def metrics(self) -> BoxMetrics:
        """How much the Box uses."""
        return PORTAL.run(self._async.metrics())

    def stop(self) -> None:
        """As :meth:`SimpleBox.stop`."""
        PORTAL.run(self._async.stop())

    def shutdown(self) -> None:
        """As :meth:`stop`."""
        self.stop()


class SyncCodeBox(SyncSimpleBox):
    """:class:`CodeBox` for programs without asyncio."""

    def __init__(
        self,
        image: str | None = None,
        memory_mib: int | None = None,
        cpus: int | None = None,
        runtime: BoxliteRuntime | None = None,
        language: Literal["python", "node"] = "python",
        **options: Any,
    ) -> None:
        """As :class:`CodeBox`; the runtime is one of ``boxlite.sync``."""
        self._async = self._code = CodeBox(image=image, memory_mib=memory_mib, cpus=cpus, runtime=_inner(runtime), language=language, **options)

    def run(self, code: str, timeout: float | None = None) -> str:
        """As :meth:`CodeBox.run`."""
        return PORTAL.run(self._code.run(code, timeout))

    def run_script(self, script_path: str | os.PathLike[str], timeout: float | None = None) -> str:
        """As :meth:`CodeBox.run_script`."""
        return PORTAL.run(self._code.run_script(script_path, timeout))

    def execute(
        self,
        code: str,
        *,
        timeout: float | None = None,
        on_stdout: Callable[[str], object] | None = None,
        on_stderr: Callable[[str], object] | None = None,
        on_display: Callable[[Display], object] | None = None,
        max_output: int = MAX_OUTPUT,
    ) -> CodeResult:
        """As :meth:`CodeBox.execute`; what is told comes in another thread."""
        return PORTAL.run(
            self._code.execute(
                code, timeout=timeout, on_stdout=on_stdout, on_stderr=on_stderr, on_display=on_display, max_output=max_output
            )
        )

    def interrupt(self) -> None:
        """As :meth:`CodeBox.interrupt`; from another thread."""
        PORTAL.run(self._code.interrupt())

    def reset(self) -> None:
        """As :meth:`CodeBox.reset`."""
        PORTAL.run(self._code.reset())

    def install_package(self, package: str) -> str:
        """As :meth:`CodeBox.install_package`."""
        return PORTAL.run(self._code.install_package(package))

    def install_packages(self, *packages: str) -> str:
        """As :meth:`CodeBox.install_packages`."""
        return PORTAL.run(self._code.install_packages(*packages))

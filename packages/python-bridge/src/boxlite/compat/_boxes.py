"""SimpleBox and CodeBox, as other programs know them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, NoReturn, TypeVar

from .. import boxes
from .._errors import ExecutionError
from .._portal import PORTAL
from ._box import Box
from ._box_options import box_words
from ._boxlite import Boxlite
from ._copy import CopyOptions, copy_in, copy_out
from ._info import BoxInfo, box_info
from ._metrics import BoxMetrics, box_metrics
from ._refused import NetworkHandle

S = TypeVar("S", bound="SimpleBox")


@dataclass
class ExecResult:
    """What a command came to.

    Attributes:
        exit_code: 0 to 255; negative when a signal ended it: -9 for SIGKILL.
        timed_out: False: a command that takes too long is a ``TimeoutError``.
        error_message: What ended it, when it did not end by itself.
    """

    exit_code: int
    stdout: str
    stderr: str
    timed_out: bool = False
    error_message: str | None = None


def _as_from_a_shell(error: ExecutionError, cmd: str, args: Sequence[str]) -> ExecutionError:
    """What programs expect of a command that could not be started: the code and words that a shell would have."""
    if error.reason == "command-not-found":
        return boxes.ExecError(" ".join([cmd, *args]), 127, f"{cmd}: not found: {error}")
    if error.reason == "command-not-executable":
        return boxes.ExecError(" ".join([cmd, *args]), 126, f"{cmd}: cannot be run: {error}")
    return error


class SimpleBox:
    """A Box that is made when it is entered, and removed when it is stopped."""

    def __init__(
        self,
        image: str | None = None,
        rootfs_path: str | None = None,
        memory_mib: int | None = None,
        cpus: int | None = None,
        runtime: Boxlite | None = None,
        name: str | None = None,
        auto_remove: bool = True,
        reuse_existing: bool = False,
        **kwargs: Any,
    ) -> None:
        """Nothing is made yet.

        Args:
            runtime: The runtime it belongs to. Default: ``Boxlite.default()``, or one that is open while Boxes that name none are in use.
            reuse_existing: Take the Box of this name when there is one, with its own options.
            kwargs: All else that :class:`BoxOptions` has.

        Raises:
            TypeError: For an option that there is not.
            BoxliteError: ``UnsupportedError`` for what there is not yet; ``InvalidArgumentError``.
        """
        inner = boxes.SimpleBox(
            image=image,
            rootfs_path=rootfs_path,
            memory_mib=memory_mib,
            cpus=cpus,
            name=name,
            reuse_existing=reuse_existing,
            **box_words(auto_remove=auto_remove, **kwargs),
        )
        self._wrap(inner, runtime)

    def _wrap(self, inner: boxes.SimpleBox, runtime: Boxlite | None) -> None:
        self._lease = Boxlite._lease_of(runtime)
        inner._runtime = self._lease
        self._inner = inner

    @property
    def _box(self) -> Box:
        return Box(self._inner._there(), self._lease)

    @property
    def id(self) -> str:
        """The Box's id.

        Raises:
            BoxliteError: ``InvalidStateError`` before it is started.
        """
        return self._inner.id

    @property
    def name(self) -> str | None:
        """As it was given."""
        return self._inner.name

    @property
    def created(self) -> bool | None:
        """Whether the Box was made by this, and not found by its name; None before it is started."""
        return self._inner.created

    def info(self) -> BoxInfo:
        """What is known of the Box now; ``await box.info()`` is the same."""
        return PORTAL.run(self._info())

    async def _info(self) -> BoxInfo:
        return box_info(await self._inner.info())

    async def start(self: S) -> S:
        """Makes and boots the Box. Idempotent."""
        await PORTAL.cross(self._inner.start())
        return self

    async def __aenter__(self: S) -> S:
        try:
            return await self.start()
        except BaseException:
            await self.stop()
            raise

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.stop()

    async def exec(
        self,
        cmd: str,
        *args: str,
        env: Mapping[str, str] | None = None,
        user: str | None = None,
        timeout: float | None = None,
        cwd: str | None = None,
    ) -> ExecResult:
        """Runs a command to its end. One that ends with another code than 0 is a result.

        Args:
            timeout: After so many seconds the command is ended. Default: never.

        Raises:
            ExecError: When there is no such command (``exit_code`` 127), or it is none that can be run (126).
            TimeoutError: When it took longer.
            BoxliteError: As ``LiteBox.run``.
        """
        return await PORTAL.cross(self._exec(cmd, *args, env=env, user=user, timeout=timeout, cwd=cwd))

    async def _exec(self, cmd: str, *args: str, **options: Any) -> ExecResult:
        try:
            result = await self._inner.exec(cmd, *args, **options)
        except ExecutionError as error:
            raise _as_from_a_shell(error, cmd, args) from error
        ended = f"the command was ended by signal {-result.exit_code}" if result.exit_code < 0 else None
        return ExecResult(result.exit_code, result.stdout, result.stderr, error_message=ended)

    async def copy_in(
        self, host_path: str, container_dest: str, *, overwrite: bool = True, follow_symlinks: bool = False, include_parent: bool = True
    ) -> None:
        """Copies a file or tree from the host into the Box, as ``docker cp``; directories above the target are made."""
        await PORTAL.cross(self._copy_in(host_path, container_dest, CopyOptions(True, overwrite, follow_symlinks, include_parent)))

    async def _copy_in(self, host_path: str, container_dest: str, options: CopyOptions) -> None:
        await copy_in(await self._inner.handle(), host_path, container_dest, options)

    async def copy_out(
        self, container_src: str, host_dest: str, *, overwrite: bool = True, follow_symlinks: bool = False, include_parent: bool = True
    ) -> None:
        """Copies a file or tree out of the Box to the host, as ``docker cp``; directories above the target are made."""
        await PORTAL.cross(self._copy_out(container_src, host_dest, CopyOptions(True, overwrite, follow_symlinks, include_parent)))

    async def _copy_out(self, container_src: str, host_dest: str, options: CopyOptions) -> None:
        await copy_out(await self._inner.handle(), container_src, host_dest, options)

    async def metrics(self) -> BoxMetrics:
        """How much the Box uses."""
        return await PORTAL.cross(self._metrics())

    async def _metrics(self) -> BoxMetrics:
        return box_metrics(await self._inner.metrics())

    @property
    def network(self) -> NetworkHandle:
        """Its network, which it has not yet."""
        return NetworkHandle()

    async def tunnel(self, port: int) -> NoReturn:
        """Raises:
        BoxliteError: ``UnsupportedError``.
        """
        await self.network.tunnel(port)

    async def stop(self) -> None:
        """Stops the Box, which is removed by that unless ``auto_remove`` is False; one that is kept goes on at the next use. Idempotent."""
        await PORTAL.cross(self._inner.stop())

    async def shutdown(self) -> None:
        """As :meth:`stop`."""
        await self.stop()


class CodeBox(SimpleBox):
    """A Box that runs Python. What a run leaves the next one finds. More of it has ``boxlite.CodeBox``: results, plots, JavaScript."""

    def __init__(
        self,
        image: str = "python:slim",
        memory_mib: int | None = None,
        cpus: int | None = None,
        runtime: Boxlite | None = None,
        **kwargs: Any,
    ) -> None:
        """Nothing is made yet. With ``rootfs_path`` among the options there is no image."""
        self._code = boxes.CodeBox(image=image, memory_mib=memory_mib, cpus=cpus, **box_words(**kwargs))
        self._wrap(self._code, runtime)

    async def run(self, code: str, timeout: float | None = None) -> str:
        """Runs code and gives what it printed on stdout.

        Args:
            timeout: After so many seconds the code is ended. Default: never.

        Raises:
            ExecError: When the code fails; its ``stderr`` ends with the traceback.
            TimeoutError: When it takes too long.
        """
        return await PORTAL.cross(self._code.run(code, timeout))

    async def run_script(self, script_path: str) -> str:
        """:meth:`run` of a file of this host."""
        return await PORTAL.cross(self._code.run_script(script_path))

    async def install_package(self, package: str) -> str:
        """As ``boxlite.CodeBox.install_package``."""
        return await PORTAL.cross(self._code.install_package(package))

    async def install_packages(self, *packages: str) -> str:
        """As ``boxlite.CodeBox.install_packages``."""
        return await PORTAL.cross(self._code.install_packages(*packages))

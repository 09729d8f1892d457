"""A Box that is made when it is used and removed when it is stopped."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, TypeVar

from .._aio import BoxliteRuntime, Execution, LiteBox
from .._data import BoxInfo, BoxMetrics, CopyResult
from .._errors import InvalidStateError, NotFoundError, StoppedError
from .._fork import Origin
from ._default_runtime import HeldRuntime, RuntimeSource, hold_runtime
from ._errors import TimeoutError
from ._options import Plan, plan
from ._signals import signal_number

S = TypeVar("S", bound="SimpleBox")


@dataclass(frozen=True)
class ExecResult:
    """What a command came to.

    Attributes:
        exit_code: 0 to 255; negative when a signal ended it: -9 for SIGKILL.
    """

    exit_code: int
    stdout: str
    stderr: str


class SimpleBox:
    """A Box that is made when it is entered, or first used, and removed when it is stopped; its runtime is opened and closed behind it.

    What more a Box can do, :meth:`handle` gives.
    """

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
        """Nothing is made yet.

        Args:
            image: An image's reference. Default: the embedded image (busybox), when there is no ``rootfs_path``.
            rootfs_path: Directory of an OCI layout, in place of ``image``.
            memory_mib: Memory of the guest in MiB. Default: 512.
            cpus: Virtual CPUs. Default: 1.
            runtime: The runtime it belongs to. Default: one that all share who name none; it is open while one of their Boxes is in use.
            name: Unique in the home.
            auto_remove: Removed, with its disk, when it stops.
            reuse_existing: Take the Box of this name when there is one, with its own options.
            options: All else that ``BoxliteRuntime.create`` takes; ``env`` also as pairs, ``volumes`` also as tuples
                ``(host_path, box_path, read_only)``, and ``disk_size_gb``.

        Raises:
            TypeError: For an option that there is not.
            BoxliteError: ``UnsupportedError`` for what there is not yet (a network, ports, secrets); ``InvalidArgumentError``.
        """
        self._plan: Plan = plan(
            image=image,
            rootfs_path=rootfs_path,
            name=name,
            auto_remove=auto_remove,
            reuse_existing=reuse_existing,
            memory_mib=memory_mib,
            cpus=cpus,
            **options,
        )
        self._runtime: BoxliteRuntime | RuntimeSource | None = runtime
        self._origin = Origin()
        self._lock = asyncio.Lock()
        self._stopping = asyncio.Lock()
        self._held: HeldRuntime | None = None
        self._box: LiteBox | None = None
        self._kept: str | None = None
        self._gone = False
        self.name = name
        self.created: bool | None = None

    def _there(self) -> LiteBox:
        if self._box is None:
            raise InvalidStateError("the Box is not made yet; enter it by 'async with', or call start")
        return self._box

    @property
    def id(self) -> str:
        """The Box's id.

        Raises:
            BoxliteError: ``InvalidStateError`` before it is used.
        """
        return self._there().id

    async def info(self) -> BoxInfo:
        """What is known of the Box."""
        return await self._there().info()

    async def handle(self) -> LiteBox:
        """The Box itself, with all that it can do: streams, files, snapshots, clones. Makes the Box when it is not there.

        Raises:
            BoxliteError: ``StoppedError`` when it was stopped, and removed by that; what opening a runtime and ``create`` raise.
        """
        async with self._lock:
            if self._gone:
                raise StoppedError("the Box was stopped, and removed by that; make another one, or set auto_remove to False")
            if self._box is None:
                held = await hold_runtime(self._runtime)
                try:
                    self._box = await self._make(held.runtime)
                except BaseException:
                    await held.release()
                    raise
                self._held = held
            return self._box

    async def _make(self, runtime: BoxliteRuntime) -> LiteBox:
        if self._kept is not None:
            self.created = False
            return await runtime.get(self._kept)
        if self._plan.reuse:
            found = await runtime.get_or_create(**self._plan.box)
            self.created = found.created
            return found.box
        box = await runtime.create(**self._plan.box)
        self.created = True
        return box

    async def start(self: S) -> S:
        """Makes and boots the Box. Idempotent."""
        await (await self.handle()).start()
        return self

    async def __aenter__(self: S) -> S:
        try:
            return await self.start()
        except BaseException:
            await self.stop()
            raise

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if not self._origin.is_elsewhere:
            await self.stop()

    async def exec(
        self,
        cmd: str,
        *args: str,
        env: Mapping[str, str] | None = None,
        user: str | None = None,
        timeout: float | None = None,
        cwd: str | None = None,
        stdin: str | bytes | Iterable[bytes] | AsyncIterable[bytes] | None = None,
    ) -> ExecResult:
        """Runs a command to its end. One that ends with another code than 0 is a result.

        Args:
            timeout: After so many seconds the command is ended. Default: never.

        Raises:
            TimeoutError: When it took longer.
            BoxliteError: As ``LiteBox.run``.
        """
        box = await self.handle()
        timeout_ms = None if timeout is None else timeout * 1000
        result = await box.run(cmd, args, env=env, user=user, working_dir=cwd, timeout_ms=timeout_ms, stdin=stdin)
        if result.timed_out:
            raise TimeoutError(f"{cmd!r} took longer than {timeout:g} s and was ended")
        code = result.exit_code
        if code is None:
            code = -signal_number(result.signal)
        return ExecResult(exit_code=code, stdout=result.stdout, stderr=result.stderr)

    async def stream(self, cmd: str, args: Sequence[str] = (), **options: Any) -> Execution:
        """Starts a command, with its output as streams. Options are those of ``LiteBox.exec``."""
        return await (await self.handle()).exec(cmd, args, **options)

    async def copy_in(self, host_path: str | os.PathLike[str], box_path: str, **options: Any) -> CopyResult:
        """Copies a file or tree from the host into the Box, by the rules of ``LiteBox.copy_in``."""
        return await (await self.handle()).copy_in(host_path, box_path, **options)

    async def copy_out(self, box_path: str, host_path: str | os.PathLike[str], **options: Any) -> CopyResult:
        """Copies a file or tree out of the Box to the host, by the rules of ``LiteBox.copy_out``."""
        return await (await self.handle()).copy_out(box_path, host_path, **options)

    async def metrics(self) -> BoxMetrics:
        """How much the Box uses."""
        return await (await self.handle()).metrics()

    async def stop(self) -> None:
        """Stops the Box, which is removed by that unless ``auto_remove`` is False; one that is kept goes on at the next use. Idempotent."""
        async with self._stopping:
            await self._stop()

    async def _stop(self) -> None:
        box, held = self._box, self._held
        if box is None or held is None:
            return
        self._box = self._held = None
        if self._plan.box["auto_remove"]:
            self._gone = True
        else:
            self._kept = box.id
        try:
            # With its runtime it has stopped already.
            if not box._ref.connection.is_closed:
                await box.stop()
        except NotFoundError:
            # One that was found by its name may have been stopped, and removed by that, by whoever else had it.
            pass
        finally:
            await held.release()

    async def shutdown(self) -> None:
        """As :meth:`stop`."""
        await self.stop()

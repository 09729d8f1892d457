"""A Box, for programs without asyncio."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import NoReturn

from .._portal import PORTAL
from ._box import Box
from ._info import BoxInfo
from ._metrics import BoxMetrics
from ._refused import SyncNetworkHandle
from ._sync_execution import SyncExecution


class SyncBox:
    """A Box. Entered by ``with`` it is started, and stopped at the end of the block."""

    def __init__(self, inner: Box) -> None:
        self._inner = inner
        self.network = SyncNetworkHandle()

    @property
    def id(self) -> str:
        """Unique in the home."""
        return self._inner.id

    @property
    def name(self) -> str | None:
        """As it was given."""
        return self._inner.name

    def info(self) -> BoxInfo:
        """What is known of the Box now."""
        return self._inner.info()

    def start(self) -> None:
        """Boots the Box when it does not run. Idempotent."""
        PORTAL.run(self._inner._inner.start())

    def exec(
        self,
        cmd: str,
        args: Sequence[str] | None = None,
        env: Sequence[tuple[str, str]] | Mapping[str, str] | None = None,
        tty: bool = False,
        user: str | None = None,
        timeout_secs: float | None = None,
        cwd: str | None = None,
    ) -> SyncExecution:
        """Starts a command, and the Box itself when it does not run."""
        return SyncExecution(PORTAL.run(self._inner._exec(cmd, args, env, tty, user, timeout_secs, cwd)))

    def metrics(self) -> BoxMetrics:
        """How much the Box uses."""
        return PORTAL.run(self._inner._metrics())

    def stop(self) -> None:
        """Stops the Box, which is removed by that unless ``auto_remove`` is False. Idempotent."""
        PORTAL.run(self._inner._inner.stop())

    def tunnel(self, port: int) -> NoReturn:
        """Raises:
        BoxliteError: ``UnsupportedError``.
        """
        self.network.tunnel(port)

    def __enter__(self) -> SyncBox:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if not self._inner._origin.is_elsewhere:
            self.stop()

    def __repr__(self) -> str:
        return f"SyncBox(id={self.id!r})"

"""The runtime of Boxes that were given none: one for each event loop, open while a Box needs it."""

from __future__ import annotations

import asyncio
import weakref
from dataclasses import dataclass, field
from typing import Protocol

from .._aio import BoxliteRuntime


@dataclass
class _Shared:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    holders: int = 0
    runtime: BoxliteRuntime | None = None


_SHARED: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _Shared] = weakref.WeakKeyDictionary()


class HeldRuntime:
    """A runtime that is in use until it is released."""

    def __init__(self, runtime: BoxliteRuntime, shared: _Shared | None = None) -> None:
        self.runtime = runtime
        self._shared = shared

    async def release(self) -> None:
        """Closes a shared runtime when nobody else holds it. To be called once."""
        shared = self._shared
        if shared is None:
            return
        shared.holders -= 1
        async with shared.lock:
            if shared.holders == 0 and shared.runtime is not None:
                runtime, shared.runtime = shared.runtime, None
                await runtime.close()


class RuntimeSource(Protocol):
    """What has a runtime for those who ask."""

    async def hold(self) -> HeldRuntime: ...


async def hold_runtime(given: BoxliteRuntime | RuntimeSource | None) -> HeldRuntime:
    """The runtime that is given, or the shared one, of the home that ``BOXLITE_HOME`` names, or ``~/.boxlite``."""
    if isinstance(given, BoxliteRuntime):
        return HeldRuntime(given)
    if given is not None:
        return await given.hold()
    shared = _SHARED.setdefault(asyncio.get_running_loop(), _Shared())
    shared.holders += 1
    try:
        async with shared.lock:
            if shared.runtime is None:
                shared.runtime = await BoxliteRuntime.open()
            return HeldRuntime(shared.runtime, shared)
    except BaseException:
        shared.holders -= 1
        raise

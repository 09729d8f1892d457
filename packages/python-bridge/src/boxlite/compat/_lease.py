"""A runtime that is opened when it is first needed, and closed when nobody has it any more."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Mapping
from typing import Any

from .._aio import BoxliteRuntime
from .._errors import BoxliteError, StoppedError
from .._fork import Origin
from .._portal import PORTAL
from ..boxes._default_runtime import HeldRuntime, hold_runtime


class _State:
    """For the portal's loop."""

    def __init__(self, options: Mapping[str, Any] | None) -> None:
        self._options = options
        self._lock = asyncio.Lock()
        self._closed = False
        self._held: HeldRuntime | None = None
        self.origin = Origin()

    async def runtime(self) -> BoxliteRuntime:
        async with self._lock:
            if self._closed:
                raise StoppedError("the runtime is closed; make another one")
            if self._held is None:
                given = None if self._options is None else await BoxliteRuntime.open(**self._options)
                self._held = await hold_runtime(given)
            return self._held.runtime

    async def close(self) -> None:
        async with self._lock:
            self._closed = True
            held, self._held = self._held, None
            if held is None:
                return
            await held.release()
            if self._options is not None:
                await held.runtime.close()


def _end(state: _State) -> None:
    """Closes it for whoever has dropped it, or at the end of the program: then the home is free for others."""
    if state.origin.is_elsewhere:
        return
    if PORTAL.is_here:
        PORTAL.submit(state.close())
        return
    try:
        PORTAL.run(state.close())
    except BoxliteError:
        # Nobody is there to be told; what a runtime leaves behind the next one finds.
        pass


class Lease:
    """A runtime as long as somebody has this. Without options it is the one that all share who name none."""

    def __init__(self, options: Mapping[str, Any] | None = None) -> None:
        self._state = _State(options)
        self._end = weakref.finalize(self, _end, self._state)

    async def runtime(self) -> BoxliteRuntime:
        """Opens it when it is not open. For the portal's loop, as the others."""
        return await self._state.runtime()

    async def hold(self) -> HeldRuntime:
        """For boxes that are given a runtime."""
        return HeldRuntime(await self.runtime())

    async def close(self) -> None:
        """Idempotent."""
        await self._state.close()
        self._end.detach()

"""What all handles have in common."""

from __future__ import annotations

from collections.abc import Coroutine, Generator, Mapping
from types import TracebackType
from typing import Any, Generic, Protocol, TypeVar

from ._connection import Ref


class Closable(Protocol):
    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None: ...


H = TypeVar("H", bound=Closable)


class Opening(Generic[H]):
    """A handle to come: ``await`` it, or take it by ``async with``, which ends it with the block."""

    def __init__(self, call: Coroutine[Any, Any, H]) -> None:
        self._call = call
        self._handle: H | None = None

    def __await__(self) -> Generator[Any, None, H]:
        return self._call.__await__()

    async def __aenter__(self) -> H:
        handle = await self._call
        self._handle = handle
        return handle

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._handle is not None:
            await self._handle.__aexit__(kind, error, trace)


class Handle:
    """An object in the bridge. It is let go of there when it is dropped here."""

    def __init__(self, ref: Ref) -> None:
        self._ref = ref


def given(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options without those that were not given."""
    return {name: value for name, value in options.items() if value is not None}

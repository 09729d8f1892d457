"""Forked children. They have a copy of all that was open, its sockets and event loops included, and must touch none of it."""

from __future__ import annotations

import os
from collections.abc import Callable

from ._errors import BoxliteError, UnsupportedError

_here = os.getpid()
_in_child: list[Callable[[], None]] = []


def _forked() -> None:
    global _here
    _here = os.getpid()
    for function in _in_child:
        function()


os.register_at_fork(after_in_child=_forked)


def when_forked(function: Callable[[], None]) -> None:
    """Has a function called in each forked child, before anything else is done there."""
    _in_child.append(function)


class Origin:
    """The process that something was opened in. Asking costs no system call."""

    def __init__(self) -> None:
        self._pid = _here

    @property
    def is_elsewhere(self) -> bool:
        return self._pid != _here

    def check(self) -> None:
        """Refuses what a forked child asks of what its parent has opened."""
        if self._pid != _here:
            raise self.refusal()

    def refusal(self) -> BoxliteError:
        return UnsupportedError(
            f"the runtime was opened in another process (pid {self._pid}); open a runtime of its own in this process, or use the 'spawn' start method",
            reason="forked",
        )

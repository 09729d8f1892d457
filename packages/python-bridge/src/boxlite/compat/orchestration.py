"""Boxes that send messages to each other by way of their program, which are not supported: named here, so that a program hears it."""

from __future__ import annotations

from ._refused import _Refused

_WHY = "Boxes have no messages; let them talk by stdin() and stdout() of commands"


class BoxRuntime(_Refused):
    """Not supported: a program passes messages on by the streams of commands."""

    _why = _WHY


class ManagedBox(_Refused):
    """Not supported, as :class:`BoxRuntime`."""

    _why = _WHY


class BoxGroup(_Refused):
    """Not supported, as :class:`BoxRuntime`."""

    _why = _WHY


__all__ = ["BoxGroup", "BoxRuntime", "ManagedBox"]

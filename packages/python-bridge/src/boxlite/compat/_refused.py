"""What other SDKs of this kind have, and this one has not: named here, so that a program hears why."""

from __future__ import annotations

from typing import NoReturn

from .._errors import UnsupportedError


def refuse(what: str, why: str = "Boxes have no network yet") -> NoReturn:
    """Raises:
    BoxliteError: ``UnsupportedError``.
    """
    raise UnsupportedError(f"{what} is not supported by this version of BoxLite: {why}")


class _Refused:
    _why = "Boxes have no network yet"

    def __init__(self, *_: object, **__: object) -> None:
        """Raises:
        BoxliteError: ``UnsupportedError``.
        """
        refuse(type(self).__name__, self._why)


class BrowserBox(_Refused):
    """Not supported: a browser is of no use without a network."""


class BrowserBoxOptions(_Refused):
    """Not supported, as :class:`BrowserBox`."""


class ComputerBox(_Refused):
    """Not supported: a desktop is seen over the network."""


class SkillBox(_Refused):
    """Not supported: an agent in a Box needs its model over the network."""


class SyncSkillBox(_Refused):
    """Not supported, as :class:`SkillBox`."""


class BoxliteRestOptions(_Refused):
    """Not supported: BoxLite is a library, and speaks to no server."""

    _why = "BoxLite is a library, and speaks to no server"

    @staticmethod
    def from_env() -> NoReturn:
        """Raises:
        BoxliteError: ``UnsupportedError``.
        """
        refuse("BoxliteRestOptions", BoxliteRestOptions._why)


class ApiKeyCredential(_Refused):
    """Not supported, as :class:`BoxliteRestOptions`."""

    _why = BoxliteRestOptions._why

    @staticmethod
    def from_env() -> NoReturn:
        """Raises:
        BoxliteError: ``UnsupportedError``.
        """
        refuse("ApiKeyCredential", ApiKeyCredential._why)


class NetworkHandle:
    """The network of a Box, which has none yet."""

    async def tunnel(self, port: int) -> NoReturn:
        """Raises:
        BoxliteError: ``UnsupportedError``.
        """
        refuse(f"a tunnel to port {port} of a Box")

"""What other SDKs of this kind have, and this one has not: named here, so that a program hears why."""

from __future__ import annotations

from collections.abc import Callable
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


class Credential(_Refused):
    """Not supported, as :class:`BoxliteRestOptions`."""

    _why = BoxliteRestOptions._why


class AccessToken(_Refused):
    """Not supported, as :class:`BoxliteRestOptions`."""

    _why = BoxliteRestOptions._why


class RefusedPart:
    """A part of a Box or runtime of which nothing is supported."""

    def __init__(self, name: str, why: str = "Boxes have no network yet") -> None:
        self._name = name
        self._why = why

    def __getattr__(self, method: str) -> Callable[..., NoReturn]:
        if method.startswith("_"):
            raise AttributeError(method)

        def refused(*_: object, **__: object) -> NoReturn:
            refuse(f"{self._name}.{method}", self._why)

        return refused


GIT = RefusedPart("git", "run the image's own git by exec")
SSH = RefusedPart("ssh")
REGISTRIES = RefusedPart("registries", "name them to Options")


class NetworkHandle:
    """The network of a Box, which has none yet."""

    async def tunnel(self, port: int) -> NoReturn:
        """Raises:
        BoxliteError: ``UnsupportedError``.
        """
        refuse(f"a tunnel to port {port} of a Box")


class SyncNetworkHandle:
    """:class:`NetworkHandle` for programs without asyncio."""

    def tunnel(self, port: int) -> NoReturn:
        """Raises:
        BoxliteError: ``UnsupportedError``.
        """
        refuse(f"a tunnel to port {port} of a Box")

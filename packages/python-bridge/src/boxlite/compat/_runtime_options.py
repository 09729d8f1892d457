"""What a runtime is made with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from .._data import RegistryCredentialsUsername, RegistryOptions
from .._errors import InvalidArgumentError, UnsupportedError


@dataclass
class ImageRegistry:
    """A registry of images.

    Attributes:
        host: ``host`` or ``host:port``.
        transport: ``https`` or ``http``.
        skip_verify: Not supported: name the authority of the registry's certificate to ``BoxliteRuntime.open``, as ``ca``.
        search: Only of docker.io, of which an image without a registry's name is.
        bearer_token: Not supported: give name and password.
    """

    host: str
    transport: str = "https"
    skip_verify: bool = False
    search: bool = False
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    bearer_token: str | None = field(default=None, repr=False)

    def as_option(self) -> RegistryOptions:
        """Raises:
        BoxliteError: ``UnsupportedError``, ``InvalidArgumentError``.
        """
        # Images without a registry's name are searched at docker.io in any case.
        elsewhere = self.search and self.host != "docker.io"
        for given, name in ((self.skip_verify, "skip_verify"), (elsewhere, "search"), (self.bearer_token, "bearer_token")):
            if given:
                raise UnsupportedError(f"{name} of the registry {self.host!r} is not supported; leave it out, and name images in full")
        if self.transport not in ("https", "http"):
            raise InvalidArgumentError(f"the transport {self.transport!r} of the registry {self.host!r} must be https or http")
        if (self.username is None) != (self.password is None):
            raise InvalidArgumentError(f"the registry {self.host!r} needs username and password together")
        credentials = None
        if self.username is not None and self.password is not None:
            credentials = RegistryCredentialsUsername(username=self.username, password=self.password)
        return RegistryOptions(host=self.host, protocol="http" if self.transport == "http" else "https", credentials=credentials)


def _registry(given: ImageRegistry | str) -> RegistryOptions:
    # Only a name: one among which images without a registry's name are searched.
    return (ImageRegistry(given, search=True) if isinstance(given, str) else given).as_option()


@dataclass
class Options:
    """What a runtime is made with.

    Attributes:
        home_dir: Where it keeps what it has. Default: what ``BOXLITE_HOME`` names, or ``~/.boxlite``.
        image_registries: How registries are spoken to. A name alone is one to search.
    """

    home_dir: str | None = None
    image_registries: Sequence[ImageRegistry | str] = field(default_factory=list)

    def as_options(self) -> dict[str, Any]:
        """As ``BoxliteRuntime.open`` takes them."""
        return {"home": self.home_dir, "registries": [_registry(each) for each in self.image_registries]}

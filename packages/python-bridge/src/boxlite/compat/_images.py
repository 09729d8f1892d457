"""The images of a runtime."""

from __future__ import annotations

import builtins
from dataclasses import dataclass

from .. import _data
from .._portal import PORTAL
from ._lease import Lease


@dataclass(frozen=True)
class ImagePullResult:
    """An image that is here now.

    Attributes:
        config_digest: Digest of the image's manifest for this platform, by which it is known here.
    """

    reference: str
    config_digest: str
    layer_count: int


@dataclass(frozen=True)
class ImageInfo:
    """An image that is here.

    Attributes:
        repository: The reference without tag or digest; empty for an image without a name.
        tag: Empty for such a one, and for an image that is named by its digest.
        id: Digest of its manifest.
        cached_at: When it came here, in ISO 8601; empty for one that is used where it lies.
        size_bytes: Of all its blobs, compressed as they are.
    """

    reference: str
    repository: str
    tag: str
    id: str
    cached_at: str
    size_bytes: int


def split_reference(reference: str) -> tuple[str, str]:
    """Repository and tag; no tag when it is named by its digest."""
    name, at, _ = reference.partition("@")
    repository, colon, tag = name.rpartition(":")
    # A colon before the last slash is a port's.
    if not colon or "/" in tag:
        return name, ""
    return repository, "" if at else tag


def image_info(image: _data.ImageInfo) -> ImageInfo:
    repository, tag = split_reference(image.reference or "")
    return ImageInfo(
        reference=image.reference or image.digest,
        repository=repository,
        tag=tag,
        id=image.digest,
        cached_at="" if image.stored_at is None else image.stored_at.isoformat(),
        size_bytes=image.size_bytes,
    )


class ImageHandle:
    """The images of a runtime."""

    def __init__(self, lease: Lease) -> None:
        self._lease = lease

    async def pull(self, reference: str) -> ImagePullResult:
        """Pulls an image from its registry, when it is not here."""
        return await PORTAL.cross(self._pull(reference))

    async def _pull(self, reference: str) -> ImagePullResult:
        image = await (await self._lease.runtime()).images.pull(reference)
        return ImagePullResult(image.reference or reference, image.digest, len(image.layers))

    async def list(self) -> builtins.list[ImageInfo]:
        """The images that are here, those that come with BoxLite among them."""
        return await PORTAL.cross(self._list())

    async def _list(self) -> builtins.list[ImageInfo]:
        return [image_info(image) for image in await (await self._lease.runtime()).images.list()]

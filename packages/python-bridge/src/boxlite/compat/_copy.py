"""Files between host and Box."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Sequence
from dataclasses import dataclass

from .._aio import LiteBox
from .._errors import BoxliteError, InvalidArgumentError, UnsupportedError


@dataclass(frozen=True)
class CopyOptions:
    """How files are copied.

    Attributes:
        recursive: Whether directories are.
        overwrite: Only True is supported: what exists is replaced.
        follow_symlinks: When the source is a symbolic link: copy what it leads to.
        include_parent: Of a directory: copy it, and not only what is in it.
    """

    recursive: bool = True
    overwrite: bool = True
    follow_symlinks: bool = False
    include_parent: bool = True


@dataclass
class CopyOutPair:
    """A file or tree of a Box, and where it goes on the host."""

    container_src: str
    host_dst: str


@dataclass(frozen=True)
class CopyOutOutcome:
    """What came of a :class:`CopyOutPair`.

    Attributes:
        error: Why it was not copied; None when it was.
    """

    container_src: str
    host_dst: str
    error: str | None


def _source(path: str, is_directory: bool, options: CopyOptions) -> str:
    if not options.overwrite:
        raise UnsupportedError("overwrite=False is not supported; leave it out, and look first whether something is there")
    if is_directory and not options.recursive:
        raise InvalidArgumentError(f"{path!r} is a directory, and recursive is False; copy its files, or set recursive")
    return posixpath.join(path, ".") if is_directory and not options.include_parent else path


async def copy_in(box: LiteBox, host_path: str, box_path: str, options: CopyOptions | None) -> None:
    """By the rules of ``docker cp``, but that directories above the target are made."""
    options = options or CopyOptions()
    source = _source(host_path, os.path.isdir(host_path), options)
    above = posixpath.dirname(box_path)
    if above.strip("/"):
        await box.files.mkdir(above, parents=True)
    await box.copy_in(source, box_path, follow_link=options.follow_symlinks)


async def copy_out(box: LiteBox, box_path: str, host_path: str, options: CopyOptions | None) -> None:
    """As :func:`copy_in`, the other way."""
    options = options or CopyOptions()
    is_directory = False
    if not (options.recursive and options.include_parent):
        is_directory = (await box.files.stat(box_path)).type == "directory"
    source = _source(box_path, is_directory, options)
    above = os.path.dirname(host_path)
    if above:
        os.makedirs(above, exist_ok=True)
    await box.copy_out(source, host_path, follow_link=options.follow_symlinks)


async def copy_out_many(box: LiteBox, pairs: Sequence[CopyOutPair]) -> list[CopyOutOutcome]:
    """One after the other; one that fails does not keep the others."""
    outcomes = []
    for pair in pairs:
        error = None
        try:
            await copy_out(box, pair.container_src, pair.host_dst, None)
        except (BoxliteError, OSError) as failed:
            error = str(failed)
        outcomes.append(CopyOutOutcome(pair.container_src, pair.host_dst, error))
    return outcomes

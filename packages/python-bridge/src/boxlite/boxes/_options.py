"""What a Box is created with, in the API's words or in those that programs for other SDKs of this kind know."""

from __future__ import annotations

import inspect
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._aio import BoxliteRuntime
from .._data import BoxCapabilities, BoxRootfsOciLayout, HostVolume
from .._errors import InvalidArgumentError, UnsupportedError

_KNOWN = frozenset(inspect.signature(BoxliteRuntime.create).parameters) - {"self"}


@dataclass(frozen=True)
class Plan:
    """What of the options is the Box's own, as ``BoxliteRuntime.create`` takes it."""

    box: dict[str, Any]
    reuse: bool


def _refuse(feature: str) -> UnsupportedError:
    return UnsupportedError(f"{feature} is not supported by this version of BoxLite; leave it out")


def _first(given: Mapping[str, Any], *names: str) -> Any:
    return next((given[name] for name in names if name in given), None)


def _volume(volume: object) -> object:
    if isinstance(volume, Mapping):
        paths = _first(volume, "host_path", "host"), _first(volume, "box_path", "guest_path", "guest")
        if None in paths:
            raise InvalidArgumentError(f"the volume {volume!r} must name host_path and box_path")
        return HostVolume(host_path=paths[0], box_path=paths[1], read_only=bool(_first(volume, "read_only", "ro")))
    if not isinstance(volume, (tuple, list)):
        return volume
    if not 2 <= len(volume) <= 3:
        raise InvalidArgumentError(f"the volume {volume!r} must be (host_path, box_path) or (host_path, box_path, read_only)")
    return HostVolume(host_path=volume[0], box_path=volume[1], read_only=len(volume) > 2 and volume[2] in (True, "ro"))


def _check_network(network: object) -> None:
    modes: list[object] = [network] if isinstance(network, str) else [getattr(network, "mode", None)]
    for direction in ("outbound", "inbound"):
        modes.append(getattr(getattr(network, direction, None), "mode", None))
    given = [mode for mode in modes if mode is not None]
    if not given or any(mode not in ("disabled", "none") for mode in given):
        raise _refuse("A network")


def _capabilities(advanced: object) -> BoxCapabilities | None:
    found = advanced.get("capabilities") if isinstance(advanced, Mapping) else getattr(advanced, "capabilities", None)
    if found is None or isinstance(found, BoxCapabilities):
        return found
    if isinstance(found, Mapping):
        return BoxCapabilities(add=found.get("add"), drop=found.get("drop"))
    return BoxCapabilities(add=getattr(found, "add", None), drop=getattr(found, "drop", None))


def plan(
    *,
    image: str | None,
    rootfs_path: str | os.PathLike[str] | None,
    name: str | None,
    auto_remove: bool,
    reuse_existing: bool,
    disk_size_gb: float | None = None,
    volumes: Sequence[object] | None = None,
    env: Mapping[str, str] | Sequence[tuple[str, str]] | None = None,
    ports: Sequence[object] | None = None,
    secrets: Sequence[object] | None = None,
    allow_net: Sequence[str] | None = None,
    network: object = None,
    advanced: object = None,
    **rest: Any,
) -> Plan:
    """Raises:
    TypeError: For an option that there is not.
    BoxliteError: ``UnsupportedError`` for what there is not yet; ``InvalidArgumentError`` for options that make no sense.
    """
    unknown = sorted(set(rest) - _KNOWN)
    if unknown:
        raise TypeError(f"there is no option {unknown[0]!r}")
    for given, feature in ((ports, "A port"), (secrets, "A secret"), (allow_net, "A network")):
        if given:
            raise _refuse(feature)
    if network is not None:
        _check_network(network)
    if reuse_existing and name is None:
        raise InvalidArgumentError("reuse_existing needs a name; give one")
    box: dict[str, Any] = {**rest, "name": name, "auto_remove": auto_remove}
    if rootfs_path is not None:
        if rest.get("rootfs") is not None:
            raise InvalidArgumentError("rootfs and rootfs_path exclude each other; give one")
        box["rootfs"] = BoxRootfsOciLayout(oci_layout=rootfs_path)
    else:
        box["image"] = image
    if disk_size_gb is not None:
        if rest.get("disk_size_mib") is not None:
            raise InvalidArgumentError("disk_size_gb and disk_size_mib exclude each other; give one")
        box["disk_size_mib"] = round(disk_size_gb * 1024)
    if env is not None:
        box["env"] = dict(env)
    if volumes is not None:
        box["volumes"] = [_volume(volume) for volume in volumes]
    if advanced is not None:
        box.setdefault("capabilities", _capabilities(advanced))
    return Plan({key: value for key, value in box.items() if value is not None}, reuse_existing)

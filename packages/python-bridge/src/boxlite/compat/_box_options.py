"""What a Box is made with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from .._data import BoxCapabilities, NamedVolume
from .._data import HealthCheckOptions as HealthCheck
from .._errors import InvalidArgumentError, UnsupportedError
from ..boxes._options import Plan, plan


@dataclass
class NetworkSpec:
    """Whether a Box sees the network. Only ``mode="disabled"`` is supported, and what a Box has that is given none."""

    mode: str | None = None
    allow_net: Sequence[str] = field(default_factory=list)
    outbound: NetworkSpec | None = None
    inbound: NetworkSpec | None = None


@dataclass
class Secret:
    """A secret that requests over the network are given on their way. Not supported: Boxes have no network yet."""

    name: str
    value: str = field(repr=False)
    hosts: Sequence[str] = field(default_factory=list)
    placeholder: str | None = None

    def get_placeholder(self) -> str:
        """What stands for it in the Box."""
        return f"<BOXLITE_SECRET:{self.name}>" if self.placeholder is None else self.placeholder


@dataclass
class ContainerCapabilities:
    """Capabilities of the container, beside Docker's own set."""

    add: Sequence[str] = field(default_factory=list)
    drop: Sequence[str] = field(default_factory=list)


@dataclass
class HealthCheckOptions:
    """That the Box is asked now and then whether it can still run a command: ``true``, which its image must have. Times in seconds."""

    interval: float = 30
    timeout: float = 10
    retries: int = 3
    start_period: float = 60

    def as_option(self) -> HealthCheck:
        return HealthCheck(
            command=["true"],
            interval_ms=self.interval * 1000,
            timeout_ms=self.timeout * 1000,
            retries=self.retries,
            start_period_ms=self.start_period * 1000,
        )


@dataclass
class SecurityOptions:
    """The jail around a Box's VMM. It is always there, with all that the host offers, and never less by these options.

    Attributes:
        jailer_enabled: The jail is there either way.
        seccomp_enabled: The list of system calls is there either way.
        network_enabled: The VMM has no network either way.
        close_fds: The VMM has none of this program's descriptors either way.
        max_open_files: Not supported, as the four after it: the limits of the VMM are BoxLite's.
    """

    jailer_enabled: bool = False
    seccomp_enabled: bool = False
    max_open_files: int | None = None
    max_file_size: int | None = None
    max_processes: int | None = None
    max_memory: int | None = None
    max_cpu_time: int | None = None
    network_enabled: bool = True
    close_fds: bool = True
    _strict: bool = field(default=False, init=False, repr=False)

    @staticmethod
    def development() -> SecurityOptions:
        """As :meth:`standard`."""
        return SecurityOptions()

    @staticmethod
    def standard() -> SecurityOptions:
        """All that the host offers."""
        return SecurityOptions(jailer_enabled=True, seccomp_enabled=True)

    @staticmethod
    def maximum() -> SecurityOptions:
        """Every layer must be in force: a host that does not offer one is refused when the Box starts."""
        options = SecurityOptions.standard()
        options._strict = True
        return options

    def as_option(self) -> str:
        """Raises:
        BoxliteError: ``UnsupportedError``.
        """
        for name in ("max_open_files", "max_file_size", "max_processes", "max_memory", "max_cpu_time"):
            if getattr(self, name) is not None:
                raise UnsupportedError(f"{name} is not supported: the limits of the VMM are BoxLite's; use ulimits for those of the container")
        return "strict" if self._strict else "default"


@dataclass
class AdvancedBoxOptions:
    """What few Boxes need."""

    security: SecurityOptions | None = None
    health_check: HealthCheckOptions | None = None
    capabilities: ContainerCapabilities | None = None


@dataclass
class BoxOptions:
    """What a Box is made with.

    Attributes:
        image: An image's reference. Default: the embedded image (busybox), when there is no ``rootfs_path``.
        rootfs_path: Directory of an OCI layout, in place of ``image``.
        cpus: Virtual CPUs. Default: 1.
        memory_mib: Memory of the guest in MiB. Default: 512.
        disk_size_gb: Size of the writable disk in GiB, sparse. Default: 4.
        working_dir: Absolute. Default: the image's.
        env: Environment, as pairs.
        volumes: ``(host_path, box_path)``, with a third ``True`` or ``"ro"`` for one that is only read; or dicts of these names.
        network: Only ``NetworkSpec("disabled")`` is supported, which is the default.
        ports: Not supported yet.
        auto_remove: Removed, with its disk, when it stops. Default: True.
        detach: Goes on when this program ends. Default: False.
        entrypoint: In place of the image's, for the main process; when that ends, the Box stops.
        cmd: The main process's command, or the arguments of its entrypoint.
        user: ``name|uid[:group|gid]``. Default: the image's.
        secrets: Not supported yet.
        security: As that of ``advanced``.
        allow_net: Not supported yet.
        auto_stop: Seconds without work after which it stops by itself; 0 for never. Default: never.
        auto_delete: In place of ``auto_remove``, when it is given: 0 for False, more for True.
        auto_resume: Only True is supported: a Box that is used is started.
    """

    image: str | None = None
    rootfs_path: str | None = None
    cpus: int | None = None
    memory_mib: int | None = None
    disk_size_gb: float | None = None
    working_dir: str | None = None
    env: Sequence[tuple[str, str]] | Mapping[str, str] = field(default_factory=list)
    volumes: Sequence[object] = field(default_factory=list)
    network: NetworkSpec | None = None
    ports: Sequence[object] = field(default_factory=list)
    auto_remove: bool | None = None
    detach: bool | None = None
    entrypoint: Sequence[str] | None = None
    cmd: Sequence[str] | None = None
    user: str | None = None
    advanced: AdvancedBoxOptions | None = None
    secrets: Sequence[Secret] = field(default_factory=list, repr=False)
    security: SecurityOptions | None = None
    allow_net: Sequence[str] = field(default_factory=list)
    auto_stop: float | None = None
    auto_delete: float | None = None
    auto_resume: bool | None = None

    def plan(self, name: str | None) -> Plan:
        """Raises:
        BoxliteError: ``UnsupportedError`` for what there is not yet; ``InvalidArgumentError`` for what makes no sense.
        """
        given = {each.name: getattr(self, each.name) for each in fields(self)}
        auto_remove = True if self.auto_remove is None else self.auto_remove
        return plan(**box_words(**{**given, "auto_remove": auto_remove}), name=name, reuse_existing=False)


def _volume(given: object) -> object:
    """A volume of the home becomes one in the API's words; the others stay as they are."""
    if not isinstance(given, Mapping) or "managed_volume" not in given:
        return given
    guest_path = given.get("guest_path", given.get("guest"))
    if guest_path is None:
        raise InvalidArgumentError(f"the volume {given!r} must name guest_path")
    return NamedVolume(name=given["managed_volume"], box_path=guest_path, read_only=bool(given.get("read_only", False)))


def box_words(
    advanced: AdvancedBoxOptions | None = None,
    security: SecurityOptions | None = None,
    auto_stop: float | None = None,
    auto_delete: float | None = None,
    auto_resume: bool | None = None,
    **options: Any,
) -> dict[str, Any]:
    """The options that only these programs know, in the words of the boxes' options; all others as they are.

    Raises:
        BoxliteError: ``UnsupportedError``; ``InvalidArgumentError``.
    """
    advanced = advanced or AdvancedBoxOptions()
    if security is not None and advanced.security is not None:
        raise InvalidArgumentError("security is given twice, also in advanced; give it once")
    security = security or advanced.security
    if security is not None:
        options["security"] = security.as_option()
    if advanced.health_check is not None:
        options["health_check"] = advanced.health_check.as_option()
    if advanced.capabilities is not None:
        options["capabilities"] = BoxCapabilities(add=advanced.capabilities.add, drop=advanced.capabilities.drop)
    if auto_resume is False:
        raise UnsupportedError("auto_resume=False is not supported; leave it out: a Box that is used is started")
    if auto_stop:
        options["idle_timeout_ms"] = auto_stop * 1000
    if auto_delete is not None:
        options["auto_remove"] = auto_delete > 0
    if options.get("volumes") is not None:
        options["volumes"] = [_volume(each) for each in options["volumes"]]
    return options

"""What is known of a Box."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field

from .. import _data


@dataclass(frozen=True)
class HealthState:
    """``none`` without a check, ``starting``, ``healthy`` or ``unhealthy``."""

    value: str

    @staticmethod
    def none() -> HealthState:
        return HealthState("none")

    @staticmethod
    def starting() -> HealthState:
        return HealthState("starting")

    @staticmethod
    def healthy() -> HealthState:
        return HealthState("healthy")

    @staticmethod
    def unhealthy() -> HealthState:
        return HealthState("unhealthy")

    def __str__(self) -> str:
        return self.value

    def is_none(self) -> bool:
        return self.value == "none"

    def is_starting(self) -> bool:
        return self.value == "starting"

    def is_healthy(self) -> bool:
        return self.value == "healthy"

    def is_unhealthy(self) -> bool:
        return self.value == "unhealthy"


@dataclass(frozen=True)
class HealthStatus:
    """What came of a Box's health checks.

    Attributes:
        failures: So many failed one after the other, until now.
        last_check: When the last one ended, in ISO 8601; None when there was none.
    """

    state: HealthState
    failures: int
    last_check: str | None


@dataclass(frozen=True)
class BoxStateInfo:
    """Where a Box is in its life.

    Attributes:
        status: ``configured``, ``starting``, ``running``, ``paused``, ``stopping``, ``stopped`` or ``failed``.
        pid: Of the VMM, while it runs.
    """

    status: str
    running: bool
    pid: int | None


@dataclass(frozen=True)
class NetworkDirectionInfo:
    """What may pass in one direction: nothing, as Boxes have no network yet."""

    mode: str = "disabled"
    allow_net: Sequence[str] = field(default_factory=list)


@dataclass(frozen=True)
class NetworkInfo:
    """The network of a Box, which has none yet."""

    outbound: NetworkDirectionInfo = field(default_factory=NetworkDirectionInfo)
    inbound: NetworkDirectionInfo = field(default_factory=NetworkDirectionInfo)
    published_ports: Sequence[object] = field(default_factory=list)

    @property
    def mode(self) -> str:
        """That of ``outbound``."""
        return self.outbound.mode

    @property
    def allow_net(self) -> Sequence[str]:
        """That of ``outbound``."""
        return self.outbound.allow_net


@dataclass(frozen=True)
class BoxInfo:
    """What was known of a Box when it was asked for. It may be awaited, for programs that expect that, and is itself then.

    Attributes:
        created_at: In ISO 8601.
        started_at: In ISO 8601; None when it was never started.
        image: The image's reference, or where its layout is.
        auto_stop: Seconds without work after which it stops by itself; 0 for never.
        auto_delete: 0: it is kept for good, or removed at once when it stops.
        auto_resume: True: a Box that is used is started.
    """

    id: str
    name: str | None
    state: BoxStateInfo
    created_at: str
    started_at: str | None
    image: str
    cpus: int
    memory_mib: int
    health_status: HealthStatus
    network: NetworkInfo = field(default_factory=NetworkInfo)
    auto_stop: int = 0
    auto_delete: int = 0
    auto_resume: bool = True

    def __await__(self) -> Generator[None, None, BoxInfo]:
        return self
        yield


def box_info(info: _data.BoxInfo) -> BoxInfo:
    health = info.health
    checks = [] if health is None else list(health.log)
    return BoxInfo(
        id=info.id,
        name=info.name,
        state=BoxStateInfo(info.status, info.status == "running", info.pid),
        created_at=info.created_at,
        started_at=info.started_at,
        image=info.image,
        cpus=info.cpus,
        memory_mib=info.memory_mib,
        health_status=HealthStatus(
            HealthState("none" if health is None else health.status),
            0 if health is None else health.failing_streak,
            checks[-1].ended_at if checks else None,
        ),
        auto_stop=0 if info.idle_timeout_ms is None else round(info.idle_timeout_ms / 1000),
    )

"""What is known of a Box."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

from .. import _data


@dataclass(frozen=True)
class HealthState:
    """``none`` without a check, ``starting``, ``healthy`` or ``unhealthy``."""

    value: str

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
class BoxInfo:
    """What was known of a Box when it was asked for. It may be awaited, for programs that expect that, and is itself then.

    Attributes:
        created_at: In ISO 8601.
        started_at: In ISO 8601; None when it was never started.
        image: The image's reference, or where its layout is.
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
    )

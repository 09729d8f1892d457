"""How much Boxes and runtimes use. What is None is not measured here."""

from __future__ import annotations

from dataclasses import dataclass

from .. import _data


@dataclass(frozen=True)
class RuntimeMetrics:
    """What a runtime did since it was opened.

    Attributes:
        image_disks_evicted_total: None, as that after it: not measured.
    """

    boxes_created_total: int
    boxes_failed_total: int
    num_running_boxes: int
    total_commands_executed: int
    total_exec_errors: int
    image_disks_evicted_total: int | None = None
    image_disk_bytes_reclaimed_total: int | None = None


@dataclass(frozen=True)
class BoxMetrics:
    """What a Box did since its runtime holds it.

    Attributes:
        guest_boot_duration_ms: How long its last start took; None when it was not started.
        memory_bytes: Of the VMM, on the host; None when it does not run.
        bytes_sent_total: None, as all that follows: not measured.
    """

    commands_executed_total: int
    exec_errors_total: int
    guest_boot_duration_ms: int | None
    memory_bytes: int | None
    bytes_sent_total: int | None = None
    bytes_received_total: int | None = None
    total_create_duration_ms: int | None = None
    cpu_percent: float | None = None
    network_bytes_sent: int | None = None
    network_bytes_received: int | None = None
    network_tcp_connections: int | None = None
    network_tcp_errors: int | None = None
    stage_filesystem_setup_ms: int | None = None
    stage_image_prepare_ms: int | None = None
    stage_guest_rootfs_ms: int | None = None
    stage_box_config_ms: int | None = None
    stage_box_spawn_ms: int | None = None
    stage_container_init_ms: int | None = None


def runtime_metrics(metrics: _data.RuntimeMetrics) -> RuntimeMetrics:
    return RuntimeMetrics(
        boxes_created_total=metrics.boxes_created,
        boxes_failed_total=metrics.box_start_failures,
        num_running_boxes=metrics.boxes_running,
        total_commands_executed=metrics.executions_started,
        total_exec_errors=metrics.execution_failures,
    )


def box_metrics(metrics: _data.BoxMetrics) -> BoxMetrics:
    seconds = metrics.last_start_seconds
    return BoxMetrics(
        commands_executed_total=metrics.executions,
        exec_errors_total=metrics.failed_executions,
        guest_boot_duration_ms=None if seconds is None else round(seconds * 1000),
        memory_bytes=None if metrics.host is None else metrics.host.memory_bytes,
    )

"""The same for programs without asyncio: each call waits for its end."""

from ._refused import SyncSkillBox
from ._sync_box import SyncBox
from ._sync_boxes import SyncCodeBox, SyncSimpleBox
from ._sync_boxlite import SyncBoxlite, SyncImageHandle
from ._sync_execution import SyncExecStderr, SyncExecStdin, SyncExecStdout, SyncExecution

__all__ = [
    "SyncBox",
    "SyncBoxlite",
    "SyncCodeBox",
    "SyncExecStderr",
    "SyncExecStdin",
    "SyncExecStdout",
    "SyncExecution",
    "SyncImageHandle",
    "SyncSimpleBox",
    "SyncSkillBox",
]

"""BoxLite by the names and shapes of the original BoxLite's SDK for Python, so that a program for that runs when its import is changed::

    import boxlite.compat as boxlite

A thin layer over ``boxlite``. What there is not yet (a network, ports, browsers, servers) is refused with ``UnsupportedError``.
"""

from .._data import VERSION
from ._box import Box, CloneOptions, ExportOptions
from ._box_options import (
    AdvancedBoxOptions,
    BoxOptions,
    ContainerCapabilities,
    HealthCheckOptions,
    NetworkSpec,
    Secret,
    SecurityOptions,
)
from ._boxes import CodeBox, ExecResult, SimpleBox
from ._boxlite import Boxlite
from ._copy import CopyOptions, CopyOutOutcome, CopyOutPair
from ._execution import ExecStdin, Execution, ExitResult
from ._images import ImageHandle, ImageInfo, ImagePullResult
from ._info import BoxInfo, BoxStateInfo, HealthState, HealthStatus, NetworkDirectionInfo, NetworkInfo
from ._interactive import InteractiveBox
from ._metrics import BoxMetrics, RuntimeMetrics
from ._output import ExecStderr, ExecStdout
from ._refused import AccessToken, ApiKeyCredential, BoxliteRestOptions, BrowserBox, BrowserBoxOptions, ComputerBox, Credential, SkillBox
from ._runtime_options import ImageRegistry, Options
from ._snapshots import SnapshotHandle, SnapshotInfo, SnapshotOptions
from ._volumes import VolumeHandle, VolumeInfo
from .errors import (
    AlreadyExistsError,
    BoxliteError,
    ConfigError,
    EngineError,
    ExecError,
    ExecutionError,
    ImageError,
    InternalError,
    InvalidArgumentError,
    InvalidStateError,
    NetworkError,
    NotFoundError,
    ParseError,
    PortalError,
    ResourceExhaustedError,
    RpcError,
    StoppedError,
    StorageError,
    TimeoutError,
    UnsupportedError,
)
from .orchestration import BoxGroup, BoxRuntime, ManagedBox
from .sync_api import (
    SyncBox,
    SyncBoxlite,
    SyncCodeBox,
    SyncExecStderr,
    SyncExecStdin,
    SyncExecStdout,
    SyncExecution,
    SyncImageHandle,
    SyncSimpleBox,
    SyncSkillBox,
)

__version__ = VERSION

__all__ = [
    "AccessToken",
    "AdvancedBoxOptions",
    "AlreadyExistsError",
    "ApiKeyCredential",
    "Box",
    "BoxGroup",
    "BoxInfo",
    "BoxMetrics",
    "BoxOptions",
    "BoxRuntime",
    "BoxStateInfo",
    "Boxlite",
    "BoxliteError",
    "BoxliteRestOptions",
    "BrowserBox",
    "BrowserBoxOptions",
    "CloneOptions",
    "CodeBox",
    "ComputerBox",
    "ConfigError",
    "ContainerCapabilities",
    "CopyOptions",
    "CopyOutOutcome",
    "CopyOutPair",
    "Credential",
    "EngineError",
    "ExecError",
    "ExecResult",
    "ExecStderr",
    "ExecStdin",
    "ExecStdout",
    "Execution",
    "ExecutionError",
    "ExitResult",
    "ExportOptions",
    "HealthCheckOptions",
    "HealthState",
    "HealthStatus",
    "ImageError",
    "ImageHandle",
    "ImageInfo",
    "ImagePullResult",
    "ImageRegistry",
    "InteractiveBox",
    "InternalError",
    "InvalidArgumentError",
    "InvalidStateError",
    "ManagedBox",
    "NetworkDirectionInfo",
    "NetworkError",
    "NetworkInfo",
    "NetworkSpec",
    "NotFoundError",
    "Options",
    "ParseError",
    "PortalError",
    "ResourceExhaustedError",
    "RpcError",
    "RuntimeMetrics",
    "Secret",
    "SecurityOptions",
    "SimpleBox",
    "SkillBox",
    "SnapshotHandle",
    "SnapshotInfo",
    "SnapshotOptions",
    "StoppedError",
    "StorageError",
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
    "TimeoutError",
    "UnsupportedError",
    "VolumeHandle",
    "VolumeInfo",
]

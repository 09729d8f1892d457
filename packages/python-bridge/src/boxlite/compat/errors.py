"""The errors, by the names that other programs know; all are :class:`BoxliteError`."""

from .._errors import (
    AlreadyExistsError,
    BoxliteError,
    ConfigError,
    EngineError,
    ExecutionError,
    ImageError,
    InternalError,
    InvalidArgumentError,
    InvalidStateError,
    NetworkError,
    NotFoundError,
    PortalError,
    ResourceExhaustedError,
    RpcError,
    StoppedError,
    StorageError,
    UnsupportedError,
)
from ..boxes import ExecError, ParseError, TimeoutError



class DatabaseError(BoxliteError):
    """Never raised, as a home has no database; for programs that would catch it."""


__all__ = [
    "AlreadyExistsError",
    "BoxliteError",
    "ConfigError",
    "DatabaseError",
    "EngineError",
    "ExecError",
    "ExecutionError",
    "ImageError",
    "InternalError",
    "InvalidArgumentError",
    "InvalidStateError",
    "NetworkError",
    "NotFoundError",
    "ParseError",
    "PortalError",
    "ResourceExhaustedError",
    "RpcError",
    "StoppedError",
    "StorageError",
    "TimeoutError",
    "UnsupportedError",
]

"""Errors of the boxes, beside those of the API."""

from __future__ import annotations

import builtins

from .._errors import ExecutionError, PortalError


class ExecError(ExecutionError):
    """Code that failed.

    Attributes:
        command: What was asked for: ``run()``.
        exit_code: Not 0.
        stderr: What it said about it; of code the traceback.
    """

    def __init__(self, command: str, exit_code: int, stderr: str) -> None:
        super().__init__(f"{command!r} failed with exit code {exit_code}: {stderr}", reason="non-zero-exit")
        self.command = command
        self.exit_code = exit_code
        self.stderr = stderr


class TimeoutError(ExecutionError, builtins.TimeoutError):
    """A command or code that took longer than it may, and was ended."""

    def __init__(self, message: str) -> None:
        super().__init__(message, reason="timed-out")


class ParseError(PortalError):
    """What came from the Box is not what an interpreter says, as when the code in it took its place."""

    def __init__(self, message: str) -> None:
        super().__init__(message, reason="malformed-answer")

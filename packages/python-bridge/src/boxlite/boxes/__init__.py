"""Boxes for what people use BoxLite for: one command after another, code with its results, a terminal."""

from ._code_box import CodeBox
from ._code_result import CodeError, CodeResult, CodeValue, Display
from ._errors import ExecError, ParseError, TimeoutError
from ._interactive_box import InteractiveBox
from ._simple_box import ExecResult, SimpleBox
from ._sync import SyncCodeBox, SyncSimpleBox

__all__ = [
    "CodeBox",
    "CodeError",
    "CodeResult",
    "CodeValue",
    "Display",
    "ExecError",
    "ExecResult",
    "InteractiveBox",
    "ParseError",
    "SimpleBox",
    "SyncCodeBox",
    "SyncSimpleBox",
    "TimeoutError",
]

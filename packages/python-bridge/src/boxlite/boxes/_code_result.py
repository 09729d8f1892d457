"""What comes of code."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

#: What code has shown, as its content by MIME type: ``image/png``, ``text/html``, ``text/plain``.
Display = Mapping[str, bytes]

MAX_OUTPUT = 10 << 20


@dataclass(frozen=True)
class CodeError:
    """What went wrong in code.

    Attributes:
        name: The class of the exception: ``ZeroDivisionError``; ``InterpreterExited`` when the code has ended the interpreter.
        traceback: As the language prints it, with the code's own frames; empty when there is none.
    """

    name: str
    message: str
    traceback: str


@dataclass(frozen=True)
class CodeValue:
    """The value of the last expression.

    Attributes:
        text: As the language shows it: by ``repr``, or ``util.inspect``.
        is_json: Whether JSON can have the value.
        json: The value itself, when JSON can have it; None otherwise.
    """

    text: str
    is_json: bool
    json: Any


@dataclass(frozen=True)
class CodeResult:
    """What a run came to.

    Attributes:
        value: None where the code does not end with an expression, or that gives nothing.
        displays: In the order in which they were shown; plots among them.
        error: None when all went well.
        timed_out: It took longer than it may and was interrupted.
        restarted: The interpreter has ended, in this run or since the one before, and a new one is there: what earlier runs left is lost.
        truncated: There was more output than is kept.
        duration_ms: In milliseconds.
    """

    stdout: str
    stderr: str
    value: CodeValue | None
    displays: tuple[Display, ...]
    error: CodeError | None
    timed_out: bool
    restarted: bool
    truncated: bool
    duration_ms: float

    @property
    def pngs(self) -> tuple[bytes, ...]:
        """The images among what was shown."""
        return tuple(display["image/png"] for display in self.displays if "image/png" in display)


class RunOutput:
    """What a run prints and shows: told as it comes, and kept up to a bound."""

    def __init__(
        self,
        on_stdout: Callable[[str], object] | None,
        on_stderr: Callable[[str], object] | None,
        on_display: Callable[[Display], object] | None,
        max_output: int,
    ) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")
        self._decoders = {kind: decoder("replace") for kind in "oe"}
        self._told = {"o": on_stdout, "e": on_stderr}
        self._text: dict[str, list[str]] = {"o": [], "e": []}
        self._on_display = on_display
        self._displays: list[Display] = []
        self._left = max_output
        self._truncated = False

    def print(self, kind: str, data: bytes, final: bool = False) -> None:
        text = self._decoders[kind].decode(data, final)
        if not text:
            return
        tell = self._told[kind]
        if tell is not None:
            tell(text)
        kept = text[: self._left]
        self._text[kind].append(kept)
        self._left -= len(kept)
        self._truncated = self._truncated or len(kept) < len(text)

    def show(self, display: Display) -> None:
        if self._on_display is not None:
            self._on_display(display)
        size = sum(len(content) for content in display.values())
        if size > self._left:
            self._truncated = True
            return
        self._left -= size
        self._displays.append(display)

    def result(self, value: CodeValue | None, error: CodeError | None, timed_out: bool, restarted: bool, duration_ms: float) -> CodeResult:
        """All of it, when the run is over."""
        for kind in "oe":
            self.print(kind, b"", True)
        return CodeResult(
            stdout="".join(self._text["o"]),
            stderr="".join(self._text["e"]),
            value=value,
            displays=tuple(self._displays),
            error=error,
            timed_out=timed_out,
            restarted=restarted,
            truncated=self._truncated,
            duration_ms=duration_ms,
        )

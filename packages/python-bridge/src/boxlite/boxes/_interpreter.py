"""The host's side of an interpreter in a Box: one command there, the keeper, and one run at a time.

What the keeper says is held to its form; who says something else is of no use any more, and is ended.
"""

from __future__ import annotations

import asyncio
import time
from typing import NamedTuple

from .._aio import Execution, LiteBox
from .._errors import BoxliteError, ExecutionError
from ._code_result import CodeError, CodeResult, CodeValue, RunOutput
from ._errors import ParseError
from ._wire import FrameReader, encode_frame, keeper_program, read_display, read_end, read_finish

# How long code may take to heed an interrupt, and then its interpreter to be killed by its keeper, in seconds.
_GRACE = 2.0
_KILL = 10.0
_STDERR_TAIL = 2000


class _Outcome(NamedTuple):
    value: CodeValue | None
    error: CodeError | None
    exited: bool


class Interpreter:
    """For the event loop that it was started in."""

    def __init__(self, execution: Execution) -> None:
        self._execution = execution
        self._count = 0
        self._restarted = False
        self._failure: Exception | None = None
        self._output: RunOutput | None = None
        self._outcome: asyncio.Future[_Outcome] | None = None
        self._said = b""
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._listen())]

    @staticmethod
    async def start(box: LiteBox, language: str) -> Interpreter:
        """Starts an interpreter. Raises what ``LiteBox.exec`` does: ``ExecutionError``, reason ``command-not-found``, where there is none."""
        program = keeper_program(language)
        execution = await box.exec(program.command, program.args, stdin="pipe")
        await execution.stdin.write(program.source)
        return Interpreter(execution)

    @property
    def is_lost(self) -> bool:
        """Whether it can run nothing any more."""
        return self._failure is not None

    def mark_restarted(self) -> None:
        """The one before this is lost."""
        self._restarted = True

    async def run(self, code: str, output: RunOutput, timeout: float | None) -> CodeResult:
        """Runs code; to be called when the run before is over. Cancelled, it interrupts the code and waits for its end."""
        if self._failure is not None:
            raise self._failure
        self._count += 1
        number = self._count
        begun = time.monotonic()
        self._output = output
        outcome = self._outcome = asyncio.get_running_loop().create_future()
        timed_out = False
        try:
            await self._send(b"r", {"run": number, "code": code})
            try:
                done, _ = await asyncio.wait([outcome], timeout=timeout)
            except asyncio.CancelledError:
                await asyncio.shield(self._stop(number, outcome))
                raise
            if not done:
                timed_out = True
                await self._stop(number, outcome)
            value, error, exited = await outcome
            restarted, self._restarted = self._restarted or exited, False
            return output.result(value, error, timed_out, restarted, (time.monotonic() - begun) * 1000)
        finally:
            if outcome.done() and not outcome.cancelled():
                outcome.exception()
            self._output = self._outcome = None

    async def _stop(self, number: int, outcome: asyncio.Future[_Outcome]) -> None:
        for kind, seconds in ((b"i", _GRACE), (b"k", _KILL)):
            await self._send(kind, {"run": number})
            done, _ = await asyncio.wait([outcome], timeout=seconds)
            if done:
                return
        await self.end(ParseError("the interpreter did not end when it was killed"))

    async def interrupt(self) -> None:
        """Interrupts what runs, as Ctrl-C does."""
        if self._outcome is not None:
            await self._send(b"i", {"run": self._count})

    async def end(self, reason: Exception) -> None:
        """Ends it; what runs fails with the reason. Idempotent."""
        self._lose(reason)
        try:
            await self._execution.kill()
        except BoxliteError:
            pass

    def _lose(self, error: Exception) -> None:
        if self._failure is None:
            self._failure = error
        if self._outcome is not None and not self._outcome.done():
            self._outcome.set_exception(self._failure)

    async def _send(self, kind: bytes, value: object) -> None:
        if self._failure is None:
            try:
                await self._execution.stdin.write(encode_frame(kind, value))
            except (BoxliteError, BrokenPipeError):
                # That it has ended is told by its output.
                pass

    async def _listen(self) -> None:
        try:
            async for chunk in self._execution.stderr:
                self._said = (self._said + chunk)[-_STDERR_TAIL:]
        except BoxliteError:
            pass

    async def _read(self) -> None:
        reader = FrameReader()
        try:
            async for chunk in self._execution.stdout:
                if self._failure is not None:
                    continue
                try:
                    for kind, body in reader.push(chunk):
                        self._take(kind, body)
                except Exception as error:
                    await self.end(error)
            status = await self._execution.wait()
            how = f"was ended by {status.signal}" if status.exit_code is None else f"ended with exit code {status.exit_code}"
            said = self._said.decode(errors="replace")
            self._lose(ExecutionError(f"the interpreter's keeper {how}{': ' if said else ''}{said}"))
        except BoxliteError as error:
            self._lose(error)

    def _take(self, kind: str, body: bytes) -> None:
        if kind in ("o", "e"):
            if self._output is not None:
                self._output.print(kind, body)
        elif kind == "d":
            display = read_display(body)
            if self._output is not None:
                self._output.show(display)
        elif kind == "f":
            number, value, error = read_finish(body)
            self._finish(number, _Outcome(value, error, False))
        elif kind == "x":
            ended, error = read_end(body)
            if not self._finish(ended, _Outcome(None, error, True)):
                self._restarted = True
        else:
            raise ParseError("the interpreter's keeper sent a frame of a kind that there is not")

    def _finish(self, number: int | None, outcome: _Outcome) -> bool:
        if self._outcome is None or self._outcome.done() or number != self._count:
            return False
        self._outcome.set_result(outcome)
        return True

"""A Box that runs code."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from .._aio import BoxliteRuntime
from .._errors import InvalidArgumentError, StoppedError, UnsupportedError
from ._code_result import MAX_OUTPUT, CodeResult, Display, RunOutput
from ._errors import ExecError, TimeoutError
from ._interpreter import Interpreter
from ._simple_box import SimpleBox

_IMAGES = {"python": "python:slim", "node": "node:slim"}


class CodeBox(SimpleBox):
    """A Box that runs code. What a run leaves (variables, functions, modules) the next one finds. Runs wait for each other.

    The code is not trusted: whatever it prints, closes, starts or ends, the Box runs what comes next. An interpreter that has ended is
    replaced, and the result says that what it held is lost.
    """

    def __init__(
        self,
        image: str | None = None,
        memory_mib: int | None = None,
        cpus: int | None = None,
        runtime: BoxliteRuntime | None = None,
        language: Literal["python", "node"] = "python",
        **options: Any,
    ) -> None:
        """Nothing is made yet.

        Args:
            image: One with the language's interpreter: ``python3``, or ``node``. Default: ``python:slim`` or ``node:slim``.
            language: What the code is written in.
            options: As :class:`SimpleBox`.

        Raises:
            BoxliteError: As :class:`SimpleBox`; ``UnsupportedError`` for a language that there is not.
        """
        if language not in _IMAGES:
            raise UnsupportedError(f"the language {language!r} is not supported; there are python and node")
        if image is None and options.get("rootfs_path") is None and options.get("rootfs") is None:
            image = _IMAGES[language]
        super().__init__(image=image, memory_mib=memory_mib, cpus=cpus, runtime=runtime, **options)
        self.language = language
        self._interpreter: Interpreter | None = None
        self._had_one = False
        self._turn = asyncio.Lock()

    async def run(self, code: str, timeout: float | None = None) -> str:
        """Runs code and gives what it printed on stdout.

        Args:
            timeout: After so many seconds the code is ended. Default: never.

        Raises:
            ExecError: When the code fails; its ``stderr`` ends with the traceback.
            TimeoutError: When it takes too long.
            BoxliteError: As :meth:`execute`.
        """
        result = await self.execute(code, timeout=timeout)
        if result.timed_out:
            raise TimeoutError(f"the code took longer than {timeout:g} s and was ended")
        if result.error is not None:
            said = result.error.traceback or f"{result.error.name}: {result.error.message}"
            raise ExecError("run()", 1, result.stderr + said)
        return result.stdout

    async def run_script(self, script_path: str | os.PathLike[str], timeout: float | None = None) -> str:
        """:meth:`run` of a file of this host."""
        return await self.run(Path(script_path).read_text(encoding="utf-8"), timeout)

    async def execute(
        self,
        code: str,
        *,
        timeout: float | None = None,
        on_stdout: Callable[[str], object] | None = None,
        on_stderr: Callable[[str], object] | None = None,
        on_display: Callable[[Display], object] | None = None,
        max_output: int = MAX_OUTPUT,
    ) -> CodeResult:
        """Runs code and gives all that came of it. Code that fails, or takes too long, is a result.

        When the task that waits for it is cancelled, the code is interrupted.

        Args:
            timeout: After so many seconds the code is interrupted, as by Ctrl-C; when it does not heed that within 2 s, its interpreter is
                killed. Default: never.
            on_stdout: Told what is printed, as it comes. Must not raise.
            on_stderr: As ``on_stdout``.
            on_display: Told what is shown, as it comes. Must not raise.
            max_output: How many characters of output and bytes of what is shown the result keeps.

        Raises:
            BoxliteError: ``ExecutionError``, reason ``command-not-found``, where the image has no interpreter; ``StoppedError`` when the
                Box is stopped; :class:`ParseError` when the code has taken the place of what speaks for it.
        """
        if timeout is not None and not timeout >= 0 or not max_output >= 0:
            raise InvalidArgumentError("timeout and max_output must be numbers, 0 or more")
        async with self._turn:
            restarted = False
            if self._interpreter is None or self._interpreter.is_lost:
                restarted = self._had_one
                self._interpreter = await Interpreter.start(await self.handle(), self.language)
                self._had_one = True
            if restarted:
                self._interpreter.mark_restarted()
            return await self._interpreter.run(code, RunOutput(on_stdout, on_stderr, on_display, max_output), timeout)

    async def interrupt(self) -> None:
        """Interrupts the code that runs, as Ctrl-C does. Does nothing when none does."""
        if self._interpreter is not None:
            await self._interpreter.interrupt()

    async def reset(self) -> None:
        """Ends the interpreter: what runs fails, and the next run finds nothing of what earlier ones left."""
        await self._end("the interpreter was reset")
        self._had_one = False

    async def _end(self, why: str) -> None:
        interpreter, self._interpreter = self._interpreter, None
        if interpreter is not None:
            await interpreter.end(StoppedError(why))

    async def install_package(self, package: str) -> str:
        """Raises:
        BoxliteError: ``UnsupportedError``: packages come over the network, which a Box has not yet.
        """
        return await self.install_packages(package)

    async def install_packages(self, *packages: str) -> str:
        """Raises:
        BoxliteError: ``UnsupportedError``: packages come over the network, which a Box has not yet.
        """
        what = ", ".join(packages) or "packages"
        raise UnsupportedError(f"to install {what} takes a network, which Boxes do not have yet; use an image that has it, or copy it in")

    async def stop(self) -> None:
        """As :class:`SimpleBox`; code that runs fails."""
        await self._end("the Box was stopped")
        await super().stop()

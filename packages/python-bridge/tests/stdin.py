"""Programs that write to a command that has ended, and to one whose VM was killed: stdin.py async|sync; tests/e2e/python-lifetime.e2e.test.ts runs them."""

import asyncio
import os
import sys

import boxlite
import boxlite.sync


def tell(error: boxlite.BoxliteError) -> None:
    print(error.code, error.reason, isinstance(error, BrokenPipeError), flush=True)


async def write(stdin: boxlite.ByteSink) -> None:
    """Until it is refused: what is written before the end is known is taken."""
    try:
        while True:
            await stdin.write(b"x" * 1024)
            await asyncio.sleep(0)
    except boxlite.BoxliteError as error:
        tell(error)


async def in_loop() -> None:
    async with boxlite.BoxliteRuntime.open() as runtime, runtime.create(auto_remove=True) as box:
        ended = await box.exec("true", stdin="pipe")
        await ended.wait()
        assert ended.stdin is not None
        await write(ended.stdin)
        execution = await box.exec("sleep", ["1000"], stdin="pipe")
        pid = (await box.info()).pid
        assert pid is not None and execution.stdin is not None
        os.kill(pid, 9)
        await write(execution.stdin)
        try:
            await execution.wait()
        except boxlite.BoxliteError as error:
            tell(error)


def sync_write(stdin: boxlite.sync.ByteSink) -> None:
    try:
        while True:
            stdin.write(b"x" * 1024)
    except boxlite.BoxliteError as error:
        tell(error)


def without_loop() -> None:
    with boxlite.sync.BoxliteRuntime.open() as runtime, runtime.create(auto_remove=True) as box:
        ended = box.exec("true", stdin="pipe")
        ended.wait()
        assert ended.stdin is not None
        sync_write(ended.stdin)
        execution = box.exec("sleep", ["1000"], stdin="pipe")
        pid = box.info().pid
        assert pid is not None and execution.stdin is not None
        os.kill(pid, 9)
        sync_write(execution.stdin)
        try:
            execution.wait()
        except boxlite.BoxliteError as error:
            tell(error)


if sys.argv[1] == "async":
    asyncio.run(in_loop())
else:
    without_loop()

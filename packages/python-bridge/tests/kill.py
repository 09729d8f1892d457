"""Programs that are in the middle of something when a process is killed: kill.py async|sync bridge|box|wait; tests/e2e/python.e2e.test.ts runs them.

They print the processes of the bridge and the VM, then what each call that was under way failed with, and after how many seconds.
"""

import asyncio
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boxlite
import boxlite.sync

PRINTS_AND_WAITS = ("sh", ["-c", "echo begin; sleep 1000"])


def announce(pid: int | None) -> tuple[int, int]:
    assert pid is not None
    # The thread of an event loop has started the bridge, whichever that is.
    children = [path.read_text().split() for path in Path("/proc/self/task").glob("*/children")]
    bridge = int(next(each[0] for each in children if each))
    print(bridge, pid, flush=True)
    return bridge, pid


def tell(error: boxlite.BoxliteError | None) -> None:
    print("no error" if error is None else f"{error.code} {error.reason}")


async def failure(waiting: Any) -> boxlite.BoxliteError | None:
    try:
        await waiting
    except boxlite.BoxliteError as error:
        return error
    return None


def sync_failure(call: Callable[[], object]) -> boxlite.BoxliteError | None:
    try:
        call()
    except boxlite.BoxliteError as error:
        return error
    return None


async def in_loop(what: str) -> None:
    async with boxlite.BoxliteRuntime.open() as runtime:
        box = await runtime.create(auto_remove=True)
        execution = await box.exec(*PRINTS_AND_WAITS)
        assert await execution.stdout.__anext__() == b"begin\n"
        bridge, pid = announce((await box.info()).pid)
        if what == "wait":
            await asyncio.sleep(1000)
        os.kill(bridge if what == "bridge" else pid, 9)
        begun = time.monotonic()
        for waiting in (execution.stdout.__anext__(), execution.wait()):
            tell(await failure(waiting))
        print(f"{time.monotonic() - begun:.3f}")
        if what == "bridge":
            tell(await failure(runtime.list()))
            os._exit(0)


def without_loop(what: str) -> None:
    with boxlite.sync.BoxliteRuntime.open() as runtime:
        box = runtime.create(auto_remove=True)
        execution = box.exec(*PRINTS_AND_WAITS)
        assert next(execution.stdout) == b"begin\n"
        bridge, pid = announce(box.info().pid)
        if what == "wait":
            time.sleep(1000)
        os.kill(bridge if what == "bridge" else pid, 9)
        begun = time.monotonic()
        for call in (lambda: next(execution.stdout), execution.wait):
            tell(sync_failure(call))
        print(f"{time.monotonic() - begun:.3f}")
        if what == "bridge":
            tell(sync_failure(runtime.list))
            os._exit(0)


def main(mode: str, what: str) -> None:
    if mode == "async":
        asyncio.run(in_loop(what))
    else:
        without_loop(what)


main(sys.argv[1], sys.argv[2])

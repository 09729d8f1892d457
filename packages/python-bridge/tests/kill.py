"""Programs that are in the middle of something when a process is killed; tests/e2e/kill.e2e.test.ts runs them."""

import asyncio
import os
import sys
import time
from pathlib import Path

import boxlite


async def main(what: str) -> None:
    async with boxlite.BoxliteRuntime.open() as runtime:
        box = await runtime.create(auto_remove=True)
        execution = await box.exec("sh", ["-c", "echo begin; sleep 1000"])
        assert await execution.stdout.__anext__() == b"begin\n"
        pid = (await box.info()).pid
        assert pid is not None
        bridge = int(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()[0])
        print(bridge, pid, flush=True)
        if what == "wait":
            await asyncio.sleep(1000)
        os.kill(bridge if what == "bridge" else pid, 9)
        begun = time.monotonic()
        for waiting in (execution.stdout.__anext__(), execution.wait()):
            try:
                await waiting
                print("no error")
            except boxlite.BoxliteError as error:
                print(error.code, error.reason)
        print(f"{time.monotonic() - begun:.1f}")
        if what == "bridge":
            try:
                await runtime.list()
            except boxlite.RpcTransportError as error:
                print(error.reason)
            os._exit(0)


asyncio.run(main(sys.argv[1]))

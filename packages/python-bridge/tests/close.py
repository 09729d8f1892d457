"""Programs that close what is closed already: close.py async|sync; tests/e2e/python-lifetime.e2e.test.ts runs them. They print what calls afterwards fail with."""

import asyncio
import sys
from collections.abc import Awaitable, Callable

import boxlite
import boxlite.sync


def tell(error: boxlite.BoxliteError) -> None:
    print(f"{error.code} {error.reason}: {error}")


async def refused(call: Callable[[], Awaitable[object]]) -> None:
    try:
        await call()
    except boxlite.BoxliteError as error:
        tell(error)
    else:
        print("no error")


async def in_loop() -> None:
    async with boxlite.BoxliteRuntime.open() as runtime, runtime.create(auto_remove=True) as box:
        await runtime.close()
        await runtime.close()
        await refused(runtime.list)
        await refused(box.info)
        await refused(lambda: box.run("true"))
    runtime = await boxlite.BoxliteRuntime.open()
    await asyncio.gather(runtime.close(), runtime.close(), runtime.close())
    await refused(runtime.list)


def sync_refused(call: Callable[[], object]) -> None:
    try:
        call()
    except boxlite.BoxliteError as error:
        tell(error)
    else:
        print("no error")


def without_loop() -> None:
    with boxlite.sync.BoxliteRuntime.open() as runtime, runtime.create(auto_remove=True) as box:
        runtime.close()
        runtime.close()
        sync_refused(runtime.list)
        sync_refused(box.info)
        sync_refused(lambda: box.run("true"))
    with boxlite.sync.BoxliteRuntime.open() as runtime:
        pass
    runtime.close()
    sync_refused(runtime.list)


if sys.argv[1] == "async":
    asyncio.run(in_loop())
else:
    without_loop()

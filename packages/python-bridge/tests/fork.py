"""Programs that are forked while a runtime is open: fork.py async|sync; tests/e2e/python-lifetime.e2e.test.ts runs them.

What the children come to is printed by them; what the parent prints afterwards says whether they have disturbed it.
"""

import asyncio
import gc
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Callable
from typing import Any

import boxlite
import boxlite.sync
from boxlite.boxes import SyncSimpleBox

FORK = multiprocessing.get_context("fork")
READS = ("sh", ["-c", "echo begin; cat"])


def show(error: boxlite.BoxliteError) -> None:
    says = f"(pid {os.getppid()})" in str(error) and "'spawn' start method" in str(error)
    print(error.code, error.reason, "says how" if says else error, flush=True)


def tell(call: Callable[[], object]) -> None:
    try:
        call()
    except boxlite.BoxliteError as error:
        show(error)
    else:
        print("no error", flush=True)


def in_child(child: Callable[[], None]) -> None:
    """Runs it in a child by os.fork, and in one of multiprocessing. Both have to end as they should."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            child()
            status = 0
        finally:
            os._exit(status)
    print("forked:", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
    process = FORK.Process(target=child)
    process.start()
    process.join()
    print("multiprocessing:", process.exitcode, flush=True)


def own_runtime(api: Any) -> None:
    with tempfile.TemporaryDirectory() as home, api.BoxliteRuntime.open(home=home) as runtime:
        print("of its own:", runtime.list(), flush=True)


def without_loop() -> None:
    with (
        boxlite.sync.BoxliteRuntime.open() as runtime,
        runtime.create(auto_remove=True) as box,
        SyncSimpleBox(runtime=runtime) as simple,
    ):
        execution = box.exec(*READS, stdin="pipe")
        assert next(execution.stdout) == b"begin\n"
        assert execution.stdin is not None
        events = runtime.events()
        known = {"runtime": runtime, "box": box, "execution": execution, "events": events}

        def child() -> None:
            tell(lambda: box.run("echo", ["child"]))
            tell(runtime.list)
            tell(lambda: next(execution.stdout))
            tell(lambda: execution.stdin.write("child\n"))
            tell(lambda: next(events))
            # Ends of blocks, and what ends with what is dropped, are the parent's.
            execution.stdin.close()
            execution.stdout.close()
            events.close()
            box.__exit__(None, None, None)
            simple.__exit__(None, None, None)
            runtime.close()
            runtime.__exit__(None, None, None)
            known.clear()
            gc.collect()
            own_runtime(boxlite.sync)

        in_child(child)
        execution.stdin.write("parent\n")
        execution.stdin.close()
        print(execution.stdout.read(), box.run("echo", ["parent"]).stdout, end="", flush=True)
        assert simple.id in [each.id for each in runtime.list()]
        # A child that lives on has a copy of the socket; the end is not held up by it.
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(write)
            os.read(read, 1)
            os._exit(0)
        runtime.close()
        # It lives as long as nobody has closed its pipe.
        print("child lives:", os.waitpid(pid, os.WNOHANG) == (0, 0))
        os.close(write)
        os.waitpid(pid, 0)


async def in_loop() -> None:
    async with boxlite.BoxliteRuntime.open() as runtime, runtime.create(auto_remove=True) as box:
        execution = await box.exec(*READS, stdin="pipe")
        assert await execution.stdout.__anext__() == b"begin\n"
        assert execution.stdin is not None
        stdin = execution.stdin
        events = runtime.events()

        async def call() -> None:
            async def told(call: Callable[[], Any]) -> None:
                try:
                    await call()
                except boxlite.BoxliteError as error:
                    show(error)
                else:
                    print("no error", flush=True)

            await told(lambda: box.run("echo", ["child"]))
            await told(runtime.list)
            await told(execution.stdout.__anext__)
            await told(lambda: stdin.write("child\n"))
            await told(events.__anext__)
            await stdin.close()
            await execution.stdout.aclose()
            await events.aclose()
            await box.__aexit__(None, None, None)
            await runtime.close()
            await runtime.__aexit__(None, None, None)
            with tempfile.TemporaryDirectory() as home:
                async with boxlite.BoxliteRuntime.open(home=home) as own:
                    print("of its own:", await own.list(), flush=True)

        in_child(lambda: asyncio.run(call()))
        await stdin.write("parent\n")
        await stdin.close()
        print(await execution.stdout.read(), (await box.run("echo", ["parent"])).stdout, end="", flush=True)


if sys.argv[1] == "async":
    asyncio.run(in_loop())
else:
    without_loop()

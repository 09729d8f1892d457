"""Runs the scenarios that all languages share: python3 scenarios.py async|sync FOLDER LAYOUT. Their form: ../../bridge/tests/scenarios/README.md.

Prints a line of JSON for each: its name, and what went otherwise.
"""

import asyncio
import concurrent.futures
import inspect
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boxlite
import boxlite.sync
from scenario_values import Known, find, fits, given, snake

Make = Callable[[], Any]


class Way:
    """How one of the two APIs is called from the runner's thread."""

    def __init__(self, api: Any) -> None:
        self.api = api

    def settle(self, make: Make) -> Any:
        """Calls, and waits for what has to be waited for."""
        raise NotImplementedError

    def start(self, make: Make) -> "concurrent.futures.Future[Any]":
        raise NotImplementedError

    def next(self, stream: Any) -> Any:
        """The next piece of a stream; raises StopIteration at its end."""
        raise NotImplementedError


class Blocking(Way):
    def __init__(self, api: Any) -> None:
        super().__init__(api)
        self._threads = concurrent.futures.ThreadPoolExecutor()

    def settle(self, make: Make) -> Any:
        return make()

    def start(self, make: Make) -> "concurrent.futures.Future[Any]":
        return self._threads.submit(make)

    def next(self, stream: Any) -> Any:
        return next(iter(stream))

    def stop(self, stream: Any) -> None:
        stream.close()


class InLoop(Way):
    def __init__(self, api: Any, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(api)
        self._loop = loop

    def settle(self, make: Make) -> Any:
        return self.start(make).result()

    def start(self, make: Make) -> "concurrent.futures.Future[Any]":
        async def call() -> Any:
            value = make()
            return await value if inspect.isawaitable(value) else value

        return asyncio.run_coroutine_threadsafe(call(), self._loop)

    def next(self, stream: Any) -> Any:
        async def take() -> tuple[Any, ...]:
            try:
                return (await stream.__anext__(),)
            except StopAsyncIteration:
                return ()

        for piece in self.settle(take):
            return piece
        raise StopIteration

    def stop(self, stream: Any) -> None:
        self.settle(stream.aclose)


def invoke(name: str, step: Known, known: Known) -> Make:
    """A call, ready to be made."""
    *owner, method = name.split(".")
    function = known[method] if not owner else getattr(find(".".join(owner), known), snake(method))
    arguments = [given(item, known) for item in step.get("args", [])]
    options = {snake(option): given(item, known) for option, item in step.get("options", {}).items()}
    return lambda: function(*arguments, **options)


def pieces(way: Any, stream: Any) -> list[Any]:
    found = []
    while True:
        try:
            found.append(way.next(stream))
        except StopIteration:
            return found


def read(way: Any, stream: Any, at_least: int) -> bytes:
    data = b""
    while len(data) < at_least:
        try:
            data += way.next(stream)
        except StopIteration:
            break
    return data


def take(way: Any, stream: Any, step: Known, known: Known) -> Any:
    while True:
        item = way.next(stream)
        if "until" not in step or fits(step["until"], item, known):
            return item


def perform(step: Known, known: Known, way: Any) -> Any:
    kind = next(name for name in step if name not in ("args", "options", "as", "expect", "error", "data", "until", "atLeast", "cancellable"))
    name = step[kind]
    if kind == "call":
        return way.settle(invoke(name, step, known))
    if kind == "start":
        return way.start(invoke(name, step, known))
    if kind == "hostWrite":
        data = given(step["data"], known)
        Path(known["dir"], name).write_bytes(data.encode() if isinstance(data, str) else data)
        return None
    if kind == "hostRead":
        return Path(known["dir"], name).read_bytes()
    target = find(name, known)
    if kind == "cancel":
        return target.cancel()
    if kind == "await":
        return target.result()
    if kind == "read":
        return read(way, target, step.get("atLeast", sys.maxsize))
    if kind == "write":
        return way.settle(lambda: target.write(given(step["data"], known)))
    if kind == "close":
        return way.settle(target.close)
    if kind == "stop":
        return way.stop(target)
    if kind == "take":
        return take(way, target, step, known)
    if kind == "collect":
        return pieces(way, target)
    if kind == "hostKill":
        return os.kill(target, signal.SIGKILL)
    assert kind == "get", kind
    return target


def failure(step: Known, known: Known, way: Any) -> str | None:
    """What a step came to that it should not have; what it gives is kept under its name."""
    shown = json.dumps(step)[:300]
    try:
        value = perform(step, known, way)
    except (boxlite.BoxliteError, concurrent.futures.CancelledError) as error:
        said = {"code": getattr(error, "code", "Aborted"), "reason": getattr(error, "reason", None)}
        return None if "error" in step and fits(step["error"], said, known) else f"{shown} failed with {said}: {error}"
    if "error" in step:
        return f"{shown} has succeeded with {value!r:.2000}"
    if "expect" in step and not fits(step["expect"], value, known):
        return f"{shown} gave {value!r:.2000}"
    if "as" in step:
        known[step["as"]] = value
    return None


def run(scenario: Known, context: Known, way: Any) -> str | None:
    known = {**context, "dir": tempfile.mkdtemp(prefix="boxlite-scenario-")}
    runtime = known["runtime"]
    try:
        for at, step in enumerate(scenario["steps"]):
            said = failure(step, known, way)
            if said is not None:
                return f"step {at} {said}"
        return None
    finally:
        shared = known["box"].id
        for box in way.settle(runtime.list):
            if box.id != shared:
                way.settle(lambda box=box: runtime.remove(box.id, force=True))
        shutil.rmtree(known["dir"], ignore_errors=True)


def report(folder: str, context: Known, way: Any) -> None:
    names = {name: getattr(way.api, snake(name)) for name in ("readEvents",)}
    known = {**context, **names, "BoxliteRuntime": way.api.BoxliteRuntime}
    for path in sorted(Path(folder).glob("*.json")):
        for scenario in json.loads(path.read_text()):
            begun = time.monotonic()
            # A call that waits in another thread cannot be cancelled from here.
            skipped = scenario.get("cancels", False) and isinstance(way, Blocking)
            said = None if skipped else run(scenario, known, way)
            seconds = round(time.monotonic() - begun, 3)
            print(json.dumps({"name": scenario["name"], "skipped": skipped, "failure": said, "seconds": seconds}), flush=True)


async def in_loop(folder: str, layout: str) -> None:
    way = InLoop(boxlite, asyncio.get_running_loop())
    async with boxlite.BoxliteRuntime.open() as runtime, runtime.create(name="shared", auto_remove=True) as box:
        await asyncio.to_thread(report, folder, {"runtime": runtime, "box": box, "layout": layout}, way)


def main(mode: str, folder: str, layout: str) -> None:
    if mode == "async":
        asyncio.run(in_loop(folder, layout))
        return
    with boxlite.sync.BoxliteRuntime.open() as runtime, runtime.create(name="shared", auto_remove=True) as box:
        report(folder, {"runtime": runtime, "box": box, "layout": layout}, Blocking(boxlite.sync))


main(*sys.argv[1:])

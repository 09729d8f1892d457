"""Runs the scenarios that all languages share through the C library: python3 scenarios.py PREFIX FOLDER LAYOUT. Prints a line of JSON for each."""

from __future__ import annotations

import concurrent.futures
import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from capi import Failure, Library, Object, snake
from values import Known, find, fits, given

THREADS = concurrent.futures.ThreadPoolExecutor()


@dataclass
class Started:
    """A call that waits in another thread."""

    answer: concurrent.futures.Future[Any]
    cancellation: Object | None


class Runner:
    def __init__(self, library: Library, context: Known) -> None:
        self.library, self.context = library, context

    def invoke(self, name: str, step: Known, known: Known, cancellation: Object | None = None) -> Callable[[], Any]:
        """A call, ready to be made: a method of what the first names of its path say, and of what C has merged with that."""
        library = self.library
        arguments = [given(item, known) for item in step.get("args", [])]
        options = {option: given(item, known) for option, item in step.get("options", {}).items()}
        *path, method = name.split(".")
        if not path or path == ["BoxliteRuntime"]:
            function = f"boxlite_{'runtime_' if path else ''}{snake(method)}"
            return lambda: library.call(function, None, arguments, options, cancellation)
        for length in range(len(path), 0, -1):
            owner = find(".".join(path[:length]), known) if length == 1 or not hidden(path[length - 1]) else None
            if not isinstance(owner, Object):
                continue
            found = library.find("_".join([owner.kind, *map(snake, path[length:])]), method, arguments)
            if found is not None:
                return lambda: library.call(found, owner, arguments, options, cancellation)
        raise LookupError(name)

    def read(self, stream: Object, at_least: int) -> bytes:
        data = b""
        buffer = bytes(65536)
        while len(data) < at_least:
            count = self.library.call("boxlite_reader_read", stream, [buffer, len(buffer)], {})
            if count == 0:
                break
            data += buffer[:count]
        return data

    def take(self, stream: Object, step: Known, known: Known) -> Any:
        while True:
            item = self.library.call(f"{stream.kind}_next", stream, [], {})
            if item is None:
                raise EOFError("the stream has ended")
            if "until" not in step or fits(step["until"], item, known):
                return item

    def collect(self, stream: Object) -> list[Any]:
        found = []
        while (item := self.library.call(f"{stream.kind}_next", stream, [], {})) is not None:
            found.append(item)
        return found

    def perform(self, step: Known, known: Known) -> Any:
        library = self.library
        kinds = ("call", "start", "cancel", "await", "get", "read", "write", "close", "stop", "take", "collect", "hostWrite", "hostRead", "hostKill")
        kind = next(name for name in kinds if name in step)
        name = step[kind]
        if kind == "call":
            return self.invoke(name, step, known)()
        if kind == "start":
            cancellation = Object(library, "boxlite_cancellation", library.functions["boxlite_cancellation_new"]()) if step.get("cancellable") else None
            return Started(THREADS.submit(self.invoke(name, step, known, cancellation)), cancellation)
        if kind == "hostWrite":
            data = given(step["data"], known)
            return Path(known["dir"], name).write_bytes(data.encode() if isinstance(data, str) else data)
        if kind == "hostRead":
            return Path(known["dir"], name).read_bytes()
        target = find(name, known)
        if kind == "cancel":
            return library.functions["boxlite_cancellation_cancel"](target.cancellation.pointer)
        if kind == "await":
            return target.answer.result()
        if kind == "read":
            return self.read(target, step["atLeast"]) if "atLeast" in step else library.call("boxlite_reader_read_all", target, [], {})
        if kind == "write":
            return library.call("boxlite_writer_write", target, [given(step["data"], known)], {})
        if kind in ("close", "stop"):
            return library.functions[f"{target.kind}_close"](target.pointer)
        if kind == "take":
            return self.take(target, step, known)
        if kind == "collect":
            return self.collect(target)
        return os.kill(target, signal.SIGKILL) if kind == "hostKill" else target

    def failure(self, step: Known, known: Known) -> str | None:
        """What a step came to that it should not have; what it gives is kept under its name."""
        shown = json.dumps(step)[:300]
        try:
            value = self.perform(step, known)
        except Failure as error:
            said = error.fields
            return None if "error" in step and fits(step["error"], said, known) else f"{shown} failed with {said}"
        except Exception as error:  # noqa: BLE001 -- told with its step
            return f"{shown}: {error!r}"
        if "error" in step:
            return f"{shown} has succeeded with {value!r:.2000}"
        if "expect" in step and not fits(step["expect"], value, known):
            return f"{shown} gave {value!r:.2000}"
        if "as" in step:
            known[step["as"]] = value
        return None

    def run(self, scenario: Known) -> str | None:
        known = {**self.context, "dir": tempfile.mkdtemp(prefix="boxlite-scenario-")}
        runtime, shared = known["runtime"], known["box"]["id"]
        try:
            for at, step in enumerate(scenario["steps"]):
                said = self.failure(step, known)
                if said is not None:
                    return f"step {at} {said}"
            return None
        finally:
            boxes = self.library.call("boxlite_runtime_list", runtime, [], {})
            for at in range(len(boxes)):
                if boxes.at(at)["id"] != shared:
                    self.library.call("boxlite_runtime_remove", runtime, [boxes.at(at)["id"]], {"force": True})
            shutil.rmtree(known["dir"], ignore_errors=True)


def hidden(name: str) -> bool:
    """Parts of TypeScript's objects that C has no type for."""
    return name in ("files", "snapshots", "images", "volumes")


def main(prefix: str, folder: str, layout: str) -> None:
    library = Library(Path(prefix))
    runtime: Object = library.call("boxlite_runtime_open", None, [], {})
    box = library.call("boxlite_runtime_create", runtime, [], {"name": "shared", "autoRemove": True})
    runner = Runner(library, {"runtime": runtime, "box": box, "layout": layout})
    for path in sorted(Path(folder).glob("*.json")):
        for scenario in json.loads(path.read_text()):
            print(json.dumps({"name": scenario["name"], "failure": runner.run(scenario)}), flush=True)
    library.call("boxlite_runtime_close", runtime, [], {})


main(*sys.argv[1:])

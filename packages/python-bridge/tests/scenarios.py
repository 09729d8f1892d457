"""Runs the scenarios that all languages share: python3 scenarios.py async|sync FILE. Prints a line of JSON for each: its name, and what differs."""

import asyncio
import inspect
import json
import re
import sys
from collections.abc import Callable
from typing import Any

import boxlite
import boxlite.sync

# The same program for both: `settle` waits where there is something to wait for.
Settle = Callable[[Any], Any]


def snake(name: str) -> str:
    own = re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()
    return own + "_" if own in ("import", "from") else own


def given(value: Any, known: dict[str, Any]) -> Any:
    """An argument as Python has it: bytes from base64, and variables."""
    if isinstance(value, dict):
        if "$hex" in value:
            return bytes.fromhex(value["$hex"])
        if "$var" in value:
            return find(value["$var"], known)
        return {key: given(item, known) for key, item in value.items()}
    return [given(item, known) for item in value] if isinstance(value, list) else value


def find(path: str, known: dict[str, Any]) -> Any:
    first, *rest = path.split(".")
    value = known[first]
    for name in rest:
        value = value[int(name)] if name.isdigit() else getattr(value, snake(name))
    return value


def differs(expected: Any, value: Any) -> bool:
    """Whether a value lacks something of what is expected; objects may have more."""
    if isinstance(expected, dict):
        if "$hex" in expected:
            return bool(value != bytes.fromhex(expected["$hex"]))
        if isinstance(value, dict):
            return any(name not in value or differs(item, value[name]) for name, item in expected.items())
        return any(differs(item, getattr(value, snake(name))) for name, item in expected.items())
    if isinstance(expected, list):
        return len(expected) != len(value) or any(map(differs, expected, value))
    return bool(expected != value)


def run(scenario: dict[str, Any], known: dict[str, Any], settle: Settle) -> str | None:
    for step in scenario["steps"]:
        error: boxlite.BoxliteError | None = None
        value: Any = None
        try:
            if "call" in step:
                *owner, method = step["call"].split(".")
                function = getattr(find(".".join(owner), known), snake(method))
                options = {snake(name): given(item, known) for name, item in step.get("options", {}).items()}
                value = settle(function(*given(step.get("args", []), known), **options))
            elif "write" in step:
                settle(find(step["write"], known).write(given(step["data"], known)))
            elif "close" in step:
                settle(find(step["close"], known).close())
            elif "read" in step:
                value = settle(find(step["read"], known).read()).decode()
            else:
                value = find(step["get"], known)
        except boxlite.BoxliteError as caught:
            error = caught
        if "error" in step:
            if error is None or differs(step["error"], error):
                return f"{json.dumps(step)}: {error!r} {error and error.code} {error and error.reason}"
        elif error is not None:
            return f"{json.dumps(step)}: {error!r}"
        elif "expect" in step and differs(step["expect"], value):
            return f"{json.dumps(step)}: {value!r}"
        if "as" in step:
            known[step["as"]] = value
    return None


def report(scenarios: list[dict[str, Any]], known: dict[str, Any], settle: Settle) -> None:
    for scenario in scenarios:
        print(json.dumps({"name": scenario["name"], "failure": run(scenario, dict(known), settle)}), flush=True)


async def in_loop(scenarios: list[dict[str, Any]]) -> None:
    loop = asyncio.get_running_loop()

    def settle(value: Any) -> Any:
        async def wait() -> Any:
            return await value

        return asyncio.run_coroutine_threadsafe(wait(), loop).result() if inspect.isawaitable(value) else value

    async with boxlite.BoxliteRuntime.open() as runtime, runtime.create(auto_remove=True) as box:
        await asyncio.to_thread(report, scenarios, {"runtime": runtime, "box": box}, settle)


def main(mode: str, path: str) -> None:
    with open(path) as file:
        scenarios = json.load(file)
    if mode == "async":
        asyncio.run(in_loop(scenarios))
        return
    with boxlite.sync.BoxliteRuntime.open() as runtime, runtime.create(auto_remove=True) as box:
        report(scenarios, {"runtime": runtime, "box": box}, lambda value: value)


main(sys.argv[1], sys.argv[2])

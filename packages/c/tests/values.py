"""What the scenarios write for values that JSON does not have, and whether a value is what they expect: ../../bridge/tests/scenarios/README.md."""

from __future__ import annotations

import json
import os
from typing import Any

from capi import Object, Stream, snake

Known = dict[str, Any]


def find(path: str, known: Known) -> Any:
    first, *rest = path.split(".")
    value = known[first]
    for name in rest:
        value = field(value, name)
    return value


def field(value: Any, name: str) -> Any:
    if isinstance(value, Object):
        if value.kind.endswith("_list"):
            return value.at(int(name))
        return value.find(name) if value.kind.endswith("_map") else value[name]
    return value[int(name)] if isinstance(value, list) else value.get(name, value.get(snake(name)))


def items(value: Any) -> list[Any] | None:
    if isinstance(value, Object):
        return [value.at(at) for at in range(len(value))] if value.kind.endswith("_list") else None
    return value if isinstance(value, list) else None


def bytes_of(value: Known) -> bytes | None:
    if "$hex" in value:
        return bytes.fromhex(value["$hex"])
    if "$repeat" in value:
        text, times = value["$repeat"]
        return (text * times).encode()
    return None


def given(value: Any, known: Known) -> Any:
    """An argument as C takes it."""
    if isinstance(value, list):
        return [given(item, known) for item in value]
    if not isinstance(value, dict):
        return value
    if "$var" in value:
        return find(value["$var"], known)
    if "$path" in value:
        return os.path.join(known["dir"], value["$path"])
    if "$date" in value:
        return value["$date"]
    if "$stream" in value:
        return Stream.of([piece.encode() for piece in value["$stream"]])
    if "$collector" in value:
        seen: list[Any] = []
        known[value["$collector"]] = seen
        return seen.append
    data = bytes_of(value)
    return {name: given(item, known) for name, item in value.items() if name != "$struct"} if data is None else data


def text(value: Any) -> Any:
    return value.decode(errors="replace") if isinstance(value, bytes) else value


def fits(expected: Any, value: Any, known: Known) -> bool:
    if isinstance(expected, list):
        found = items(value)
        return found is not None and len(found) == len(expected) and all(fits(item, found[at], known) for at, item in enumerate(expected))
    if not isinstance(expected, dict):
        # In a map of texts C has numbers as JSON writes them.
        if isinstance(expected, (bool, int)) and isinstance(value, str):
            return json.dumps(expected) == value
        return bool(expected == (text(value) if isinstance(expected, str) else value))
    data = bytes_of(expected)
    if data is not None:
        return bool(data == value)
    if "$var" in expected or "$path" in expected:
        return bool(given(expected, known) == text(value))
    if "$contains" in expected:
        return expected["$contains"] in text(value)
    if "$has" in expected:
        return any(fits(expected["$has"], item, known) for item in items(value) or [])
    if "$length" in expected:
        return value is not None and len(value) == expected["$length"]
    if "$atLeast" in expected:
        return isinstance(value, (int, float)) and value >= expected["$atLeast"]
    if "$present" in expected:
        return value is not None
    if "$oneOf" in expected:
        return any(fits(item, value, known) for item in expected["$oneOf"])
    return value is not None and all(fits(item, field(value, name), known) for name, item in expected.items())

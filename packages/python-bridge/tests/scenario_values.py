"""What scenarios write for values that JSON does not have, and whether a value is what a scenario expects."""

import datetime
import os
import re
from typing import Any

import boxlite

Known = dict[str, Any]


def snake(name: str) -> str:
    own = re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower() if name[:1].islower() else name
    return own + "_" if own in ("import", "from") else own


def find(path: str, known: Known) -> Any:
    first, *rest = path.split(".")
    value = known[first]
    for name in rest:
        value = value[int(name)] if name.isdigit() else getattr(value, snake(name))
    return value


def _bytes(value: Known) -> bytes | None:
    if "$hex" in value:
        return bytes.fromhex(value["$hex"])
    if "$repeat" in value:
        text, times = value["$repeat"]
        return bytes(text.encode() * times)
    return None


def given(value: Any, known: Known) -> Any:
    """An argument as Python has it."""
    if isinstance(value, list):
        return [given(item, known) for item in value]
    if not isinstance(value, dict):
        return value
    if "$var" in value:
        return find(value["$var"], known)
    if "$path" in value:
        return os.path.normpath(os.path.join(known["dir"], value["$path"]))
    if "$date" in value:
        return datetime.datetime.fromtimestamp(value["$date"] / 1000, datetime.timezone.utc)
    if "$stream" in value:
        return iter([piece.encode() for piece in value["$stream"]])
    if "$collector" in value:
        told: list[Any] = []
        known[value["$collector"]] = told
        return told.append
    if "$struct" in value:
        fields = {snake(name): given(item, known) for name, item in value.items() if name != "$struct"}
        return getattr(boxlite, value["$struct"])(**fields)
    data = _bytes(value)
    return {name: given(item, known) for name, item in value.items()} if data is None else data


def _member(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else getattr(value, snake(name), None)


def fits(expected: Any, value: Any, known: Known) -> bool:
    """Whether a value is what is expected; objects may have more."""
    if isinstance(expected, list):
        return isinstance(value, list) and len(value) == len(expected) and all(fits(e, v, known) for e, v in zip(expected, value))
    if not isinstance(expected, dict):
        said = value.decode("utf-8", "replace") if isinstance(expected, str) and isinstance(value, bytes) else value
        return bool(expected == said and isinstance(expected, bool) == isinstance(said, bool))
    data = _bytes(expected)
    if data is not None:
        return isinstance(value, bytes) and value == data
    if "$var" in expected or "$path" in expected:
        return bool(given(expected, known) == value)
    if "$contains" in expected:
        text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
        return isinstance(text, str) and expected["$contains"] in text
    if "$has" in expected:
        return isinstance(value, list) and any(fits(expected["$has"], item, known) for item in value)
    if "$length" in expected:
        return isinstance(value, (list, str, bytes)) and len(value) == expected["$length"]
    if "$atLeast" in expected:
        return isinstance(value, (int, float)) and value >= expected["$atLeast"]
    if "$present" in expected:
        return value is not None
    if "$oneOf" in expected:
        return any(fits(item, value, known) for item in expected["$oneOf"])
    return value is not None and all(fits(item, _member(value, name), known) for name, item in expected.items())

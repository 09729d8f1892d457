"""Values on their way over the bridge; docs/bridge.md says what they look like there."""

from __future__ import annotations

import dataclasses
import datetime
import os
from collections.abc import AsyncIterable, Callable, Iterable, Mapping
from typing import Any, Protocol, cast

Type = Any
"""``None`` for what is taken as it is, or a tuple: ``("array", item)``, ``("map", value)``, ``("ref", name)`` and so on."""

_EPOCH = datetime.datetime.fromtimestamp(0, datetime.timezone.utc)


@dataclasses.dataclass(frozen=True)
class Callback:
    """A function of the program, and the type of what it is told."""

    function: Callable[[Any], None]
    argument: Type

    @staticmethod
    def of(function: Callable[[Any], None] | None, argument: Type) -> Callback | None:
        return None if function is None else Callback(function, argument)


@dataclasses.dataclass(frozen=True)
class Source:
    """Bytes that the program gives piece by piece."""

    chunks: AsyncIterable[bytes] | Iterable[bytes]

    @staticmethod
    def of(value: AsyncIterable[bytes] | Iterable[bytes] | bytes | str | None) -> Source | str | bytes | None:
        if value is None or isinstance(value, (str, bytes)):
            return value
        if isinstance(value, (bytearray, memoryview)):
            return bytes(value)
        return Source(value)


class Session(Protocol):
    """What some values need of the connection."""

    def handle(self, name: str, number: int, properties: Mapping[str, Any], body: memoryview) -> Any: ...
    def readable(self, number: int) -> Any: ...
    def writable(self, number: int) -> Any: ...
    def items(self, number: int, item: Type) -> Any: ...
    def source(self, chunks: AsyncIterable[bytes] | Iterable[bytes]) -> int: ...
    def callback(self, function: Callback) -> int: ...


class Model:
    """The types of the API; filled by the generated modules."""

    def __init__(self) -> None:
        self.structs: dict[str, tuple[type[Any], tuple[tuple[str, str, Type], ...]]] = {}
        self.aliases: dict[str, Type] = {}
        self._names: dict[type[Any], tuple[tuple[str, str], ...]] = {}

    def struct(self, name: str, cls: type[Any], fields: tuple[tuple[str, str, Type], ...]) -> None:
        self.structs[name] = (cls, fields)
        self._names[cls] = tuple((wire, own) for wire, own, _ in fields)

    def fields_of(self, value: object) -> tuple[tuple[str, str], ...] | None:
        return self._names.get(type(value))


def encode(value: Any, body: list[bytes], session: Session, model: Model) -> Any:
    """Makes JSON of a value; bytes go to ``body``."""
    if value is None or isinstance(value, (bool, float, str)):
        return value
    if isinstance(value, int):
        return value if abs(value) < 2**53 else {"$bigint": str(value)}
    if isinstance(value, (bytes, bytearray, memoryview)):
        data = bytes(value)
        offset = sum(map(len, body))
        body.append(data)
        return {"$bytes": [offset, len(data)]}
    if isinstance(value, os.PathLike):
        return encode(os.fspath(value), body, session, model)
    if isinstance(value, datetime.datetime):
        return {"$date": value.timestamp() * 1000}
    if isinstance(value, Mapping):
        return {str(key): encode(item, body, session, model) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [encode(item, body, session, model) for item in value]
    if isinstance(value, Callback):
        return {"$callback": session.callback(value)}
    if isinstance(value, Source):
        return {"$stream": session.source(value.chunks)}
    fields = model.fields_of(value)
    if fields is not None:
        given = ((wire, getattr(value, own)) for wire, own in fields)
        return {wire: encode(item, body, session, model) for wire, item in given if item is not None}
    if dataclasses.is_dataclass(value):
        raise TypeError(f"{type(value).__name__} is nothing of BoxLite's")
    raise TypeError(f"{type(value).__name__} cannot be sent to BoxLite")


def decode(kind: Type, value: Any, body: memoryview, session: Session, model: Model) -> Any:
    """Makes of JSON what the API promises."""
    if kind is None or value is None:
        return value
    name = kind[0]
    if name == "ref":
        struct = model.structs.get(kind[1])
        if struct is None:
            return decode(model.aliases[kind[1]], value, body, session, model)
        cls, fields = struct
        return cls(**{own: decode(field, value.get(wire), body, session, model) for wire, own, field in fields})
    if name == "array":
        return [decode(kind[1], item, body, session, model) for item in value]
    if name == "map":
        return {key: decode(kind[1], item, body, session, model) for key, item in value.items()}
    if name == "bytes":
        offset, length = value["$bytes"]
        return bytes(body[offset : offset + length])
    if name == "date":
        return _EPOCH + datetime.timedelta(milliseconds=value["$date"])
    if name == "bigint":
        return int(value["$bigint"])
    if name == "handle":
        return session.handle(kind[1], value["$handle"]["h"], value["$handle"]["p"], body)
    if name == "readable":
        return session.readable(value["$readable"])
    if name == "writable":
        return session.writable(value["$writable"])
    if name == "items":
        return session.items(value["$items"], kind[1])
    if name == "union":
        return decode(_member(kind[1], value, model), value, body, session, model)
    raise TypeError(f"the bridge has sent a {name}, which this version does not know")


def _member(types: tuple[Type, ...], value: Any, model: Model) -> Type:
    return next((kind for kind in types if kind is not None and _fits(kind, value, model)), None)


def _fits(kind: Type, value: Any, model: Model) -> bool:
    name = kind[0]
    if name == "array":
        return isinstance(value, list)
    if not isinstance(value, dict):
        return False
    if name in ("bytes", "date", "bigint", "handle", "readable", "writable", "items"):
        return f"${name}" in value
    if name == "ref":
        struct = model.structs.get(kind[1])
        if struct is None:
            alias = model.aliases[kind[1]]
            return alias is not None and _fits(alias, value, model)
        cls, fields = struct
        literals: Mapping[str, object] = getattr(cls, "_literals", {})
        required: tuple[str, ...] = getattr(cls, "_required", ())
        members = cast("dict[str, object]", value)
        return bool(all(wire in members for wire in required) and literals.items() <= members.items())
    return bool(name == "map")

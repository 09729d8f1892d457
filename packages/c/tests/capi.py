"""The C library through ctypes. What each function takes and gives is read from the header."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Callable
from ctypes import POINTER, byref, c_bool, c_char_p, c_double, c_int, c_int64, c_size_t, c_uint64, c_void_p
from pathlib import Path
from typing import Any

SCALARS = {
    "bool": c_bool,
    "double": c_double,
    "int": c_int,
    "int64_t": c_int64,
    "uint64_t": c_uint64,
    "size_t": c_size_t,
    "boxlite_error_code": c_int,
    "void": None,
}


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


class Function:
    """A function of the header: its parameters by name and C type."""

    def __init__(self, library: ctypes.CDLL, result: str, name: str, parameters: str) -> None:
        declared = [] if parameters == "void" else re.split(r",\s*", parameters)
        parts = [re.fullmatch(r"(.*?)(\w+)", each) for each in declared]
        self.parameters = [(part[1].strip(), part[2]) for part in parts if part]
        self.result = result.strip()
        self._call = getattr(library, name)
        self._call.argtypes = [self._ctype(kind) for kind, _ in self.parameters]
        # As a pointer, since a text may have NULs in it.
        self._call.restype = c_void_p if self.result == "const char *" else self._ctype(self.result)

    @staticmethod
    def _ctype(kind: str) -> Any:
        if kind in SCALARS:
            return SCALARS[kind]
        if kind == "const char *":
            return c_char_p
        out = re.fullmatch(r"(\w+) \*", kind)
        return POINTER(SCALARS[out[1]]) if out and SCALARS.get(out[1]) else c_void_p

    def __call__(self, *values: Any) -> Any:
        return self._call(*values)


READ = ctypes.CFUNCTYPE(c_int64, c_void_p, c_void_p, c_size_t)
TELL = ctypes.CFUNCTYPE(None, c_void_p, c_void_p)
LIVING: list[Any] = []
"""Functions that the library may call as long as it likes."""


class Stream:
    """Bytes that the program gives piece by piece."""

    def __init__(self, read: Callable[[int, int, int], int]) -> None:
        self.read = READ(read)
        LIVING.append(self.read)

    @staticmethod
    def of(pieces: list[bytes]) -> Stream:
        left = [piece for piece in pieces if piece]

        def read(_source: int, buffer: int, size: int) -> int:
            piece = left[0][:size] if left else b""
            ctypes.memmove(buffer, piece, len(piece))
            left[:1] = [left[0][size:]] if left and left[0][size:] else []
            return len(piece)

        return Stream(read)

    @staticmethod
    def of_reader(reader: Object) -> Stream:
        function = reader.api.functions["boxlite_reader_read"]
        return Stream(lambda _source, buffer, size: int(function(reader.pointer, buffer, size, None)))


class Failure(Exception):
    """An error of the library's, as values."""

    def __init__(self, error: Object) -> None:
        super().__init__(error["message"])
        self.fields = {"code": error["code_name"], "reason": error["reason"], "message": error["message"]}


class Object:
    """Something of the library's, of a C type. What the program owns is let go of with it."""

    def __init__(self, api: Library, kind: str, pointer: int, owner: Object | None = None) -> None:
        self.api, self.kind, self.pointer, self._owner = api, kind, pointer, owner

    def __del__(self) -> None:
        free = self.api.functions.get(f"{self.kind}_free")
        if self._owner is None and free:
            free(self.pointer)

    def __getitem__(self, name: str) -> Any:
        return self.api.get(self, snake(name))

    def __len__(self) -> int:
        return int(self.api.functions[f"{self.kind}_get_count"](self.pointer))

    def at(self, index: int) -> Any:
        return self.api.value(f"{self.kind}_get_at", self, index)

    def find(self, key: str) -> Any:
        return self.api.value(f"{self.kind}_find", self, key.encode())


class Library:
    def __init__(self, prefix: Path) -> None:
        library = ctypes.CDLL(str(prefix / "lib/libboxlite.so.0"))
        header = (prefix / "include/boxlite/boxlite.h").read_text()
        prototypes = re.findall(r"^BOXLITE_API ([\w ]+?\*?) ?(boxlite_\w+)\((.*)\);$", header, re.MULTILINE)
        self.functions = {name: Function(library, result, name, parameters) for result, name, parameters in prototypes}

    # --- What comes out

    def get(self, owner: Object, name: str) -> Any:
        """A property; where it has several forms, the one that is there."""
        prefix = f"{owner.kind}_get_{name}"
        forms = [each for each in self.functions if each == prefix or each.startswith(f"{prefix}_")]
        if prefix in forms and self.functions[prefix].result == "bool" or len(forms) == 1:
            forms = [prefix]
        values = (self._read(owner, form) for form in forms if len(self.functions[form].parameters) <= 2)
        return next((value for value in values if value is not None), None)

    def _read(self, owner: Object, getter: str) -> Any:
        function = self.functions[getter]
        if len(function.parameters) == 1:
            return self.value(getter, owner)
        value = SCALARS[function.parameters[1][0].removesuffix(" *")]()  # type: ignore[misc]
        return value.value if function(owner.pointer, byref(value)) else None

    def value(self, name: str, owner: Object, *arguments: Any) -> Any:
        function = self.functions[name]
        return self._given(function.result, function(owner.pointer, *arguments), owner)

    def _given(self, kind: str, value: Any, owner: Object | None) -> Any:
        if kind == "const char *":
            return None if value is None else ctypes.string_at(value, self.functions["boxlite_text_length"](ctypes.cast(value, c_char_p))).decode()
        pointer = re.fullmatch(r"(?:const )?(boxlite_\w+) \*", kind)
        if pointer is None or value is None:
            return value
        given = Object(self, pointer[1], value, owner)
        return self._bytes(given) if given.kind == "boxlite_bytes" else given

    def _bytes(self, value: Object) -> bytes:
        return ctypes.string_at(self.functions["boxlite_bytes_get_data"](value.pointer), self.functions["boxlite_bytes_get_length"](value.pointer))

    def copy(self, value: Object) -> dict[str, Any]:
        """What a function of the program is told, which is there only meanwhile."""
        prefix = f"{value.kind}_get_"
        return {name.removeprefix(prefix): self.get(value, name.removeprefix(prefix)) for name in self.functions if name.startswith(prefix)}

    # --- Calls

    def find(self, prefix: str, name: str, arguments: list[Any]) -> str | None:
        """The function that a method is."""
        names = [f"{prefix}_{snake(name)}", f"{prefix}_get_{snake(name)}"]
        if any(isinstance(argument, Stream) for argument in arguments):
            names.insert(0, f"{names[0]}_from")
        return next((each for each in names if each in self.functions and f"{each}_async" in self.functions), None)

    def call(
        self, name: str, owner: Object | None, arguments: list[Any], options: dict[str, Any], cancellation: Object | None = None
    ) -> Any:
        """Calls and waits; raises a :class:`Failure`."""
        function = self.functions[name]
        error = c_void_p()
        kept: list[Any] = []
        values: list[Any] = [] if owner is None else [owner.pointer]
        given = iter(arguments)
        # Those of a small struct that C takes as arguments.
        flat = {snake(option): value for option, value in options.items()}
        for kind, own in function.parameters[len(values) : -1]:
            if own == "length":
                values.append(len(kept[-1]))
            elif own in ("done", "source"):
                values.append(None)
            elif own == "options":
                kept.append(self._options(kind, options, cancellation))
                values.append(None if kept[-1] is None else kept[-1].pointer)
            else:
                kept.append(self._argument(kind, flat[own] if own in flat else next(given, None)))
                values.append(kept[-1])
        result = function(*values, byref(error))
        if error.value is not None:
            raise Failure(Object(self, "boxlite_error", error.value))
        return self._given(function.result, result, None)

    @staticmethod
    def _argument(kind: str, value: Any) -> Any:
        if kind == "boxlite_read_function" and isinstance(value, (bytes, Object)):
            value = Stream.of([value]) if isinstance(value, bytes) else Stream.of_reader(value)
        if isinstance(value, Stream):
            return ctypes.cast(value.read, c_void_p)
        if kind == "const char *const *":
            return (c_char_p * (len(value) + 1))(*[each.encode() for each in value], None) if value is not None else None
        if kind in ("const char *", "const void *") and value is not None:
            return value if isinstance(value, bytes) else str(value).encode()
        return value

    # --- What goes in

    def _options(self, kind: str, given: dict[str, Any], cancellation: Object | None = None) -> Object | None:
        if not given and cancellation is None:
            return None
        name = re.sub(r"const | \*", "", kind)
        options = Object(self, name, self.functions[f"{name}_new"]())
        for option, value in given.items():
            self._set(options, snake(option), value)
        if cancellation is not None:
            self.functions[f"{name}_set_cancellation"](options.pointer, cancellation.pointer)
        return options

    def _set(self, options: Object, name: str, value: Any) -> None:
        one = re.sub(r"ies$", "y", name) if name.endswith("ies") else re.sub(r"(?<=[^s])s$", "", name)
        plain, entry = f"{options.kind}_set_{name}", f"{options.kind}_set_{one}"
        if isinstance(value, bytes):
            self.functions[f"{plain}_bytes"](options.pointer, value, len(value))
        elif isinstance(value, Stream):
            self.functions[f"{plain}_stream"](options.pointer, ctypes.cast(value.read, c_void_p), None, None)
        elif callable(value):
            told = re.sub(r"_function$", "", self.functions[plain].parameters[1][0])
            tell = TELL(lambda _data, pointer: value(self.copy(Object(self, told, pointer, options))))
            LIVING.append(tell)
            self.functions[plain](options.pointer, ctypes.cast(tell, c_void_p), None)
        elif isinstance(value, list) and (plain in self.functions or f"{plain}_list" in self.functions):
            function = self.functions.get(f"{plain}_list") or self.functions[plain]
            function(options.pointer, self._argument("const char *const *", value))
        elif isinstance(value, list):
            for item in value:
                self._fill(options, f"{options.kind}_add_", one, item)
        elif isinstance(value, dict) and entry in self.functions and self.functions[entry].parameters[1][1] == "key":
            for key, item in value.items():
                if isinstance(item, dict):
                    forms = {each for each in self.functions if each.startswith(f"{entry}_")}
                    function = next(self.functions[each] for each in forms if {own for _, own in self.functions[each].parameters[2:]} == item.keys())
                    function(options.pointer, key.encode(), *[item[own] for _, own in function.parameters[2:]])
                    continue
                kind = self.functions[entry].parameters[2][0]
                self.functions[entry](options.pointer, key.encode(), self._argument(kind, item))
        elif isinstance(value, dict):
            self._fill(options, f"{options.kind}_set_", name, value)
        else:
            function = self.functions[plain]
            function(options.pointer, self._argument(function.parameters[1][0], value))

    def _fill(self, options: Object, prefix: str, name: str, value: dict[str, Any]) -> None:
        """Of several setters the one that takes what there is: its fields, or a struct that has setters for them."""
        fields = {snake(key): item for key, item in value.items()}
        for setter, function in self.functions.items():
            if not setter.startswith(prefix) or name not in setter:
                continue
            parameters = function.parameters[1:]
            if [own for _, own in parameters] == ["value"] and parameters[0][0].endswith("*"):
                kind = re.sub(r"const | \*", "", parameters[0][0])
                if all(any(each.startswith((f"{kind}_set_{field}", f"{kind}_add_{field}")) for each in self.functions) for field in fields):
                    made = self._options(parameters[0][0], value)
                    return function(options.pointer, None if made is None else made.pointer)
            elif {own for _, own in parameters} == fields.keys() - {"mode"} and (setter.endswith(str(value.get("mode", "")))):
                return function(options.pointer, *[self._argument(kind, fields[own]) for kind, own in parameters])
        raise KeyError(f"{prefix}{name} takes no {value}")

"""The program's side of the bridge: calls and their answers, handles, streams and callbacks, over one socket."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import weakref
from collections.abc import AsyncIterable, Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from ._codec import Callback, Model, Type, decode, encode
from ._errors import BoxliteError, RpcTransportError, StoppedError, error_of
from ._fork import Origin
from ._streams import WINDOW_BYTES, WINDOW_ITEMS, ByteSink, ByteStream, Incoming, Outgoing

PROTOCOL_VERSION = 1
_MAX_FRAME = 256 << 20
_END = object()

MODEL = Model()
HANDLES: dict[str, tuple[type[Any], tuple[tuple[str, str, Type], ...]]] = {}
"""Classes of handles, and the types of their properties; filled by the generated modules."""


@dataclass
class Ref:
    """A handle in the bridge, or what is reached from one by a property."""

    connection: Connection
    number: int
    via: str | None = None
    properties: dict[str, Any] = field(default_factory=dict)
    owner: Any = None
    """Keeps the handle alive that this was reached from."""
    release: Callable[[], Coroutine[Any, Any, None]] | None = None
    """What is to be let go of with a handle that is closed."""
    _closing: asyncio.Future[None] | None = None

    async def call(self, method: str, arguments: list[Any], result: Type) -> Any:
        return await self.connection.call(method, arguments, result, self)

    def start(self, method: str, arguments: list[Any], result: Type) -> asyncio.Future[Any]:
        return self.connection.start(method, arguments, result, self)

    def part(self, via: str, owner: Any) -> Ref:
        return Ref(self.connection, self.number, via, owner=owner)

    async def close(self, arguments: list[Any]) -> None:
        """Closes the handle, and lets go of what it held. Who closes it again waits for that, and does no more; a forked child does nothing."""
        if self.connection.origin.is_elsewhere:
            return
        if self._closing is not None:
            await asyncio.shield(self._closing)
            return
        self._closing = asyncio.get_running_loop().create_future()
        try:
            try:
                await self.call("close", arguments, None)
            finally:
                if self.release is not None:
                    await self.release()
        finally:
            self._closing.set_result(None)

    async def leave(self) -> None:
        """Ends the handle with the block that it is for. With its runtime it has ended already; a forked child leaves it to its parent."""
        if not self.connection.is_closed and not self.connection.origin.is_elsewhere:
            await self.call("asyncDispose", [], None)


@dataclass
class _Pending:
    future: asyncio.Future[Any]
    result: Type
    ref: Ref | None
    callbacks: list[int]
    sources: list[int]


class Connection(asyncio.Protocol):
    """One bridge. All of it is for the event loop that it was made in, but for what says otherwise."""

    def __init__(self, loop: asyncio.AbstractEventLoop, describe_end: Callable[[], str]) -> None:
        self.origin = Origin()
        self._loop = loop
        self._describe_end = describe_end
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._last_call = 0
        self._last_stream = -1
        self._last_callback = 0
        self._pending: dict[int, _Pending] = {}
        self._handles: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()
        self._counts: dict[int, int] = {}
        self._incoming: weakref.WeakValueDictionary[int, Incoming[Any]] = weakref.WeakValueDictionary()
        self._items: dict[int, Type] = {}
        self._outgoing: dict[int, Outgoing] = {}
        self._pumps: dict[int, asyncio.Task[None]] = {}
        self._callbacks: dict[int, Callable[[dict[str, Any], memoryview], None]] = {}
        self._collected: _Pending | None = None
        self._error: BoxliteError | None = None
        self.is_closed = False
        """Whether the program itself has ended it, with the last of its runtimes."""
        self.hello: asyncio.Future[str] = loop.create_future()
        self.lost: asyncio.Future[None] = loop.create_future()

    # --- The socket

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self.send({"t": "hello", "protocol": PROTOCOL_VERSION, "client": "python", "pid": os.getpid()}, [])

    def connection_lost(self, exc: Exception | None) -> None:
        # A forked child may have a copy of the socket, which would keep the bridge from seeing the end.
        if self._transport is not None:
            with contextlib.suppress(OSError):
                self._transport.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
        self._fail(self._error or RpcTransportError(self._describe_end(), reason="bridge-lost"))
        if not self.lost.done():
            self.lost.set_result(None)

    def close(self) -> None:
        """Ends the bridge, as the end of the program does. In a forked child the transport shares the parent's event loop."""
        if self.origin.is_elsewhere:
            return
        if self._error is None:
            self._error = StoppedError("the runtime is closed; open another")
            self.is_closed = True
        if self._transport is not None:
            self._transport.close()

    def _fail(self, error: BoxliteError) -> None:
        self._error = error
        if not self.hello.done():
            self.hello.set_exception(error)
        for pending in self._pending.values():
            if not pending.future.done():
                pending.future.set_exception(error)
        self._pending.clear()
        for stream in list(self._incoming.values()):
            stream.end(error)
        for sink in self._outgoing.values():
            sink.stopped(error)
        for pump in self._pumps.values():
            pump.cancel()

    def send(self, head: dict[str, Any], body: list[bytes]) -> None:
        if self._transport is None or self.origin.is_elsewhere or self._transport.is_closing():
            return
        text = json.dumps(head, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
        length = 4 + len(text) + sum(map(len, body))
        if length > _MAX_FRAME:
            raise error_of({"code": "ResourceExhausted", "reason": "frame-too-large", "message": f"{length} bytes are too many for one piece; give a stream"})
        self._transport.write(b"".join([length.to_bytes(4, "big"), len(text).to_bytes(4, "big"), text, *body]))

    def send_soon(self, head: dict[str, Any]) -> None:
        """As :meth:`send`, in whatever thread, and also when the loop has ended."""
        if self.origin.is_elsewhere:
            return
        try:
            if asyncio.get_running_loop() is self._loop:
                self.send(head, [])
                return
        except RuntimeError:
            pass
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.send, head, [])

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer
        buffer += data
        at = 0
        while len(buffer) - at >= 8:
            end = at + 4 + int.from_bytes(buffer[at : at + 4], "big")
            if end > len(buffer):
                break
            body_at = at + 8 + int.from_bytes(buffer[at + 4 : at + 8], "big")
            # A copy, since what is decoded may outlive the buffer.
            frame = bytes(buffer[at + 8 : end])
            at = end
            head_size = body_at - (end - len(frame))
            self._receive(json.loads(frame[:head_size]), memoryview(frame)[head_size:])
        del buffer[:at]

    # --- Frames

    def _receive(self, head: dict[str, Any], body: memoryview) -> None:
        kind = head["t"]
        if kind == "result" or kind == "error":
            self._answer(head, body)
        elif kind == "data":
            stream = self._incoming.get(head["s"])
            if stream is not None:
                stream.push(bytes(body))
        elif kind == "item":
            stream = self._incoming.get(head["s"])
            if stream is not None:
                stream.push(decode(self._items[head["s"]], head["v"], body, self, MODEL))
        elif kind == "end" or kind == "fail":
            stream = self._incoming.pop(head["s"], None)
            self._items.pop(head["s"], None)
            if stream is not None:
                stream.end(self._error_of(head["e"], body) if kind == "fail" else None)
        elif kind == "credit":
            sink = self._outgoing.get(head["s"])
            if sink is not None:
                sink.credit(head["n"])
        elif kind == "stop":
            sink = self._outgoing.pop(head["s"], None)
            if sink is not None:
                sink.stopped(self._error_of(head["e"], body) if "e" in head else None)
            pump = self._pumps.pop(head["s"], None)
            if pump is not None:
                pump.cancel()
        elif kind == "callback":
            function = self._callbacks.get(head["c"])
            if function is not None:
                function(head, body)
        elif kind == "hello":
            if not self.hello.done():
                self.hello.set_result(head["version"])
        elif kind == "refused":
            self._error = self._error_of(head["e"], body)

    def _error_of(self, data: dict[str, Any], body: memoryview) -> BoxliteError:
        result = data.get("result")
        if result is not None:
            kind = "RunResult" if isinstance(result["stdout"], str) else "RunBytesResult"
            data = {**data, "result": decode(("ref", kind), result, body, self, MODEL)}
        return error_of(data)

    def _answer(self, head: dict[str, Any], body: memoryview) -> None:
        pending = self._pending.pop(head["id"], None)
        if pending is None:
            return
        value: Any = None
        error: BoxliteError | None = None
        if head["t"] == "error":
            error = self._error_of(head["e"], body)
        else:
            value = decode(pending.result, head.get("v"), body, self, MODEL)
            if pending.ref is not None and "p" in head:
                pending.ref.properties.update(head["p"])
        if not (isinstance(pending.result, tuple) and pending.result[0] == "handle") or error is not None:
            # With a handle, such as that of a runtime, functions go on being called.
            for number in pending.callbacks:
                self._callbacks.pop(number, None)
        if pending.future.done():
            # Nobody waits for it any more. What it has brought is let go of; a command that was started is ended.
            if pending.result == ("handle", "Execution") and value is not None:
                self.start("kill", [], None, value._ref)
            return
        if error is not None:
            pending.future.set_exception(error)
        else:
            pending.future.set_result(value)

    # --- Calls

    def start(self, method: str, arguments: list[Any], result: Type, ref: Ref | None = None) -> asyncio.Future[Any]:
        """Sends a call; the future has its answer."""
        self.origin.check()
        if self._error is not None:
            raise self._error
        self._last_call += 1
        number = self._last_call
        pending = _Pending(self._loop.create_future(), result, ref, [], [])
        # A call whose answer nobody looks at is no mistake of the program's.
        pending.future.add_done_callback(lambda future: None if future.cancelled() else future.exception())
        body: list[bytes] = []
        self._collected = pending
        try:
            head: dict[str, Any] = {"t": "call", "id": number, "m": method, "a": encode(arguments, body, self, MODEL)}
        finally:
            self._collected = None
        if ref is not None:
            head["h"] = ref.number
            if ref.via is not None:
                head["via"] = ref.via
        self._pending[number] = pending
        self.send(head, body)
        for source in pending.sources:
            self._pumps[source].add_done_callback(lambda _task, source=source: self._pumps.pop(source, None))  # type: ignore[misc]
        pending.future.add_done_callback(lambda future: self.send_soon({"t": "cancel", "id": number}) if future.cancelled() else None)
        return pending.future

    async def call(self, method: str, arguments: list[Any], result: Type, ref: Ref | None = None) -> Any:
        """Calls and waits. When the waiting is cancelled, so is the call."""
        return await self.start(method, arguments, result, ref)

    # --- What values need

    def handle(self, name: str, number: int, properties: Mapping[str, Any], body: memoryview) -> Any:
        self._counts[number] = self._counts.get(number, 0) + 1
        known = self._handles.get(number)
        if known is not None:
            return known
        cls, types = HANDLES[name]
        decoded = {own: decode(kind, properties.get(wire), body, self, MODEL) for wire, own, kind in types}
        handle = cls(Ref(self, number, properties=decoded))
        self._handles[number] = handle
        finalizer = weakref.finalize(handle, _let_go, weakref.ref[Connection](self), number)
        finalizer.atexit = False
        return handle

    def let_go(self, number: int) -> None:
        count = self._counts.pop(number, 0)
        if count > 0:
            self.send_soon({"t": "release", "h": number, "n": count})

    def readable(self, number: int) -> ByteStream:
        incoming: Incoming[bytes] = Incoming(number, WINDOW_BYTES, len, self)
        self._incoming[number] = incoming
        return ByteStream(incoming)

    def items(self, number: int, item: Type) -> Incoming[Any]:
        incoming: Incoming[Any] = Incoming(number, WINDOW_ITEMS, lambda _: 1, self)
        self._incoming[number] = incoming
        self._items[number] = item
        return incoming

    def writable(self, number: int) -> ByteSink:
        outgoing = Outgoing(number, self)
        self._outgoing[number] = outgoing
        return ByteSink(outgoing)

    def source(self, chunks: AsyncIterable[bytes] | Iterable[bytes]) -> int:
        self._last_stream += 2
        number = self._last_stream
        outgoing = Outgoing(number, self)
        self._outgoing[number] = outgoing
        self._pumps[number] = self._loop.create_task(self._pump(number, outgoing, chunks))
        if self._collected is not None:
            self._collected.sources.append(number)
        return number

    async def _pump(self, number: int, outgoing: Outgoing, chunks: AsyncIterable[bytes] | Iterable[bytes]) -> None:
        try:
            if isinstance(chunks, AsyncIterable):
                async for chunk in chunks:
                    await outgoing.write(_bytes_of(chunk))
            else:
                iterator = iter(chunks)
                # It may block, as a file does.
                while (piece := await self._loop.run_in_executor(None, next, iterator, _END)) is not _END:
                    await outgoing.write(_bytes_of(piece))
            outgoing.end()
        except BrokenPipeError:
            pass
        except Exception as error:
            outgoing.fail(error)
        finally:
            self._outgoing.pop(number, None)

    def callback(self, function: Callback) -> int:
        self._last_callback += 1
        number = self._last_callback

        def call(head: dict[str, Any], body: memoryview) -> None:
            function.function(decode(function.argument, head["v"], body, self, MODEL))

        self._callbacks[number] = call
        if self._collected is not None:
            self._collected.callbacks.append(number)
        return number


def _bytes_of(chunk: object) -> bytes:
    if isinstance(chunk, str):
        return chunk.encode()
    if isinstance(chunk, (bytes, bytearray, memoryview)):
        return bytes(chunk)
    raise TypeError(f"a stream gave {type(chunk).__name__}; it must give bytes")


def _let_go(connection: weakref.ref[Connection], number: int) -> None:
    alive = connection()
    if alive is not None:
        alive.let_go(number)

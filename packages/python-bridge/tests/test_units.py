"""What needs no guest: python3 -m unittest discover -s tests -t ."""

import asyncio
import datetime
import os
import tempfile
import unittest
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any
from unittest import mock

import boxlite
from boxlite import _codec, _connection, _locate, _streams
from boxlite._errors import error_of


class FakeSession:
    def handle(self, name: str, number: int, properties: Any, body: memoryview) -> Any:
        return (name, number)

    def readable(self, number: int) -> Any:
        return ("readable", number)

    def writable(self, number: int) -> Any:
        return ("writable", number)

    def items(self, number: int, item: _codec.Type) -> Any:
        return ("items", number, item)

    def source(self, chunks: AsyncIterator[bytes] | Iterable[bytes]) -> int:
        return 7

    def callback(self, function: _codec.Callback) -> int:
        return 9


class Values(unittest.TestCase):
    def encode(self, value: Any) -> tuple[Any, list[bytes]]:
        body: list[bytes] = []
        return _codec.encode(value, body, FakeSession(), _connection.MODEL), body

    def decode(self, kind: _codec.Type, value: Any, body: bytes = b"") -> Any:
        return _codec.decode(kind, value, memoryview(body), FakeSession(), _connection.MODEL)

    def test_structs_have_the_names_of_each_side(self) -> None:
        volume = boxlite.HostVolume(host_path="/a", box_path="/b", read_only=True)
        self.assertEqual(self.encode([volume])[0], [{"hostPath": "/a", "boxPath": "/b", "readOnly": True}])
        status = self.decode(("ref", "ExitStatus"), {"exitCode": 1, "signal": None, "timedOut": False, "oomKilled": False, "durationMs": 2.5})
        self.assertEqual((status.exit_code, status.duration_ms), (1, 2.5))

    def test_keys_of_maps_are_the_programs_own(self) -> None:
        self.assertEqual(self.encode({"someKey": "x", "some_key": "y"})[0], {"someKey": "x", "some_key": "y"})

    def test_bytes_go_beside_the_json(self) -> None:
        self.assertEqual(self.encode([b"ab", bytearray(b"c")]), ([{"$bytes": [0, 2]}, {"$bytes": [2, 1]}], [b"ab", b"c"]))
        self.assertEqual(self.decode(("bytes",), {"$bytes": [1, 2]}, b"abcd"), b"bc")

    def test_what_json_does_not_have(self) -> None:
        time = datetime.datetime(2026, 1, 2, tzinfo=datetime.timezone.utc)
        self.assertEqual(self.decode(("date",), self.encode(time)[0]), time)
        self.assertEqual(self.decode(("bigint",), self.encode(2**64 - 1)[0]), 2**64 - 1)
        self.assertEqual(self.encode(_codec.Source.of(iter([b"x"])))[0], {"$stream": 7})
        self.assertEqual(self.encode(_codec.Source.of("text"))[0], "text")

    def test_a_union_is_decoded_as_the_member_that_fits(self) -> None:
        event = {"time": "t", "attributes": {}, "type": "image", "action": "pulled", "id": "i", "name": None}
        self.assertIsInstance(self.decode(("ref", "RuntimeEvent"), event), boxlite.RuntimeEventImage)
        self.assertIsInstance(self.decode(("ref", "BoxVolume"), {"name": "n", "boxPath": "/", "readOnly": False}), boxlite.BoxNamedVolume)

    def test_a_path_of_the_host_is_sent_as_a_text(self) -> None:
        self.assertEqual(self.encode(boxlite.HostVolume(host_path=Path("/a"), box_path="/b"))[0], {"hostPath": "/a", "boxPath": "/b"})

    def test_nonsense_is_refused(self) -> None:
        with self.assertRaises(TypeError):
            self.encode(object())


class Errors(unittest.TestCase):
    def test_each_code_has_a_class(self) -> None:
        for code in boxlite.BoxliteErrorCode.__args__:  # type: ignore[attr-defined]
            error = error_of({"code": code, "message": "m", "reason": "r"})
            self.assertEqual((type(error).__name__, error.code, error.reason, str(error)), (f"{code}Error", code, "r", "m"))
            self.assertIsInstance(error, boxlite.BoxliteError)


class Locate(unittest.TestCase):
    def test_the_environment_comes_first(self) -> None:
        with tempfile.NamedTemporaryFile() as file, mock.patch.dict(os.environ, {"BOXLITE_NODE": file.name, "BOXLITE_BRIDGE": file.name}):
            self.assertEqual(_locate.locate_bridge(), [file.name, os.path.realpath(file.name)])

    def test_what_is_nowhere_is_named_with_what_to_do(self) -> None:
        with mock.patch.dict(os.environ, {"BOXLITE_NODE": "/no/such/file"}), self.assertRaisesRegex(boxlite.ConfigError, "BOXLITE_NODE is /no/such/file"):
            _locate.locate_bridge()
        with mock.patch.dict(os.environ, {"PATH": "/nowhere"}, clear=True), self.assertRaisesRegex(boxlite.ConfigError, "install Node.js 20"):
            _locate.locate_bridge()


class FakeOutlet:
    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def send(self, head: dict[str, Any], body: list[bytes]) -> None:
        self.sent.append({**head, "size": sum(map(len, body))} if body else head)

    def send_soon(self, head: dict[str, Any]) -> None:
        self.send(head, [])


class Streams(unittest.IsolatedAsyncioTestCase):
    async def test_credit_is_given_for_what_was_taken(self) -> None:
        outlet = FakeOutlet()
        incoming: _streams.Incoming[bytes] = _streams.Incoming(2, 100, len, outlet)
        for _ in range(3):
            incoming.push(b"x" * 30)
        await incoming.take()
        self.assertEqual(outlet.sent, [])
        await incoming.take()
        self.assertEqual(outlet.sent, [{"t": "credit", "s": 2, "n": 60}])
        incoming.end(boxlite.PortalError("lost"))
        self.assertEqual(await incoming.take(), b"x" * 30)
        with self.assertRaises(boxlite.PortalError):
            await incoming.take()

    async def test_a_dropped_stream_is_stopped(self) -> None:
        outlet = FakeOutlet()
        stream = _streams.ByteStream(_streams.Incoming(4, 100, len, outlet))
        del stream
        self.assertEqual(outlet.sent, [{"t": "stop", "s": 4}])

    async def test_a_writer_waits_for_credit(self) -> None:
        outlet = FakeOutlet()
        outgoing = _streams.Outgoing(6, outlet)
        writing = asyncio.create_task(outgoing.write(b"x" * (_streams.WINDOW_BYTES + 5)))
        await asyncio.sleep(0)
        self.assertFalse(writing.done())
        self.assertEqual(sum(head["size"] for head in outlet.sent), _streams.WINDOW_BYTES)
        outgoing.credit(5)
        await writing
        outgoing.stopped()
        with self.assertRaises(BrokenPipeError) as raised:
            await outgoing.write(b"x")
        assert isinstance(raised.exception, boxlite.InvalidStateError)
        self.assertEqual((raised.exception.code, raised.exception.reason), ("InvalidState", "stream-closed"))
        self.assertIn("nobody reads", str(raised.exception))

    async def test_lines_are_whole_whatever_the_chunks(self) -> None:
        incoming: _streams.Incoming[bytes] = _streams.Incoming(2, 100, len, FakeOutlet())
        for chunk in (b"gr\xc3", b"\xbc\xc3\x9fe\r\nb", b"\n\nlast"):
            incoming.push(chunk)
        incoming.end()
        self.assertEqual([line async for line in _streams.ByteStream(incoming).lines()], ["grüße", "b", "", "last"])


if __name__ == "__main__":
    unittest.main()

"""What of the boxes needs no guest."""

import json
import unittest
from typing import Any

import boxlite
from boxlite.boxes import _wire
from boxlite.boxes._code_result import RunOutput
from boxlite.boxes._options import plan


def planned(**options: Any) -> Any:
    common: dict[str, Any] = {"image": None, "rootfs_path": None, "name": None, "auto_remove": True, "reuse_existing": False}
    return plan(**{**common, **options})


class Options(unittest.TestCase):
    def test_are_those_of_a_box_in_its_words_or_in_others(self) -> None:
        self.assertEqual(planned().box, {"auto_remove": True})
        made = planned(
            image="debian:12",
            rootfs_path="/layout",
            disk_size_gb=1.5,
            env=[("A", "1")],
            volumes=[("/a", "/b", True), ("/c", "/d", "ro"), ("/e", "/f"), boxlite.NamedVolume(name="v", box_path="/g")],
            advanced={"capabilities": {"add": ["NET_RAW"]}},
            cpus=2,
        ).box
        self.assertEqual(made["rootfs"], boxlite.BoxRootfsOciLayout(oci_layout="/layout"))
        self.assertEqual((made["disk_size_mib"], made["env"], made["cpus"]), (1536, {"A": "1"}, 2))
        self.assertEqual([getattr(each, "read_only", None) for each in made["volumes"]], [True, True, False, None])
        self.assertEqual(made["capabilities"].add, ["NET_RAW"])
        self.assertNotIn("image", made)

    def test_what_there_is_not_yet_is_refused(self) -> None:
        for options in ({"ports": [(80, 80)]}, {"secrets": [1]}, {"allow_net": ["a"]}, {"network": "enabled"}, {"network": object()}):
            with self.subTest(options), self.assertRaises(boxlite.UnsupportedError):
                planned(**options)
        planned(ports=[], secrets=[], allow_net=[], network="disabled")

    def test_what_makes_no_sense_is_refused(self) -> None:
        for options in ({"reuse_existing": True}, {"rootfs_path": "/a", "rootfs": 1}, {"disk_size_gb": 1, "disk_size_mib": 64}):
            with self.subTest(options), self.assertRaises(boxlite.InvalidArgumentError):
                planned(**options)
        with self.assertRaises(TypeError):
            planned(no_such_option=1)
        with self.assertRaises(boxlite.UnsupportedError):
            boxlite.CodeBox(language="perl")  # type: ignore[arg-type]


class Wire(unittest.TestCase):
    def test_frames_come_whole_whatever_pieces_they_come_in(self) -> None:
        sent = _wire.encode_frame(b"r", {"code": "ä"}) + _wire.encode_frame(b"i", {})
        for size in (1, 2, 5, 7, 1000):
            reader = _wire.FrameReader()
            frames = [frame for at in range(0, len(sent), size) for frame in reader.push(sent[at : at + size])]
            self.assertEqual([(kind, json.loads(body)) for kind, body in frames], [("r", {"code": "ä"}), ("i", {})])
        with self.assertRaises(boxlite.ParseError):
            _wire.FrameReader().push(b"o\xff\xff\xff\xff")

    def test_messages_that_are_not_of_their_form_are_refused(self) -> None:
        for read, value in (
            (_wire.read_display, 1),
            (_wire.read_display, {"text/plain": 1}),
            (_wire.read_display, {"text/plain": "é"}),
            (_wire.read_finish, {}),
            (_wire.read_finish, {"run": True}),
            (_wire.read_finish, {"run": 1, "text": 1}),
            (_wire.read_finish, {"run": 1, "error": {"name": "E"}}),
            (_wire.read_end, {"run": 1}),
        ):
            with self.subTest(value), self.assertRaises(boxlite.ParseError):
                read(json.dumps(value).encode())
        self.assertEqual(_wire.read_end(b'{"run": null, "exitCode": 0}'), (None, None))

    def test_output_is_kept_up_to_a_bound_and_told_beyond_it(self) -> None:
        told: list[str] = []
        output = RunOutput(told.append, None, None, 5)
        output.print("o", "ä".encode()[:1])
        output.print("o", "ä".encode()[1:] + b"234")
        output.show({"text/plain": b"12"})
        output.print("o", b"5678")
        result = output.result(None, None, False, False, 0)
        self.assertEqual((result.stdout, result.displays, result.truncated), ("ä2345", (), True))
        self.assertEqual(told, ["ä234", "5678"])

"""What the names of the original BoxLite come to here, without a guest."""

import asyncio
import unittest
from unittest import mock

import boxlite.compat as boxlite
from boxlite import HostVolume, NamedVolume, RegistryCredentialsUsername, RegistryOptions, _fork
from boxlite.compat._images import split_reference


class CompatTest(unittest.TestCase):
    def test_a_block_that_a_forked_child_leaves_ends_nothing(self) -> None:
        box = boxlite.Box(mock.Mock(), None)
        with mock.patch.object(box, "stop") as stop:
            with mock.patch.object(_fork, "_here", -1):
                asyncio.run(box.__aexit__(None, None, None))
                boxlite.SyncBox(box).__exit__(None, None, None)
            stop.assert_not_called()
            asyncio.run(box.__aexit__(None, None, None))
            stop.assert_called_once()

    def test_options_of_a_box_become_those_of_here(self) -> None:
        options = boxlite.BoxOptions(
            image="debian:12",
            env=[("A", "1")],
            volumes=[("/a", "/b"), ("/c", "/d", "ro"), {"host": "/e", "guest": "/f", "read_only": True}],
            disk_size_gb=2,
            advanced=boxlite.AdvancedBoxOptions(
                security=boxlite.SecurityOptions.maximum(), health_check=boxlite.HealthCheckOptions(interval=5)
            ),
        )
        box = options.plan("named").box
        health = box.pop("health_check")
        self.assertEqual((health.interval_ms, health.command), (5000, ["true"]))
        self.assertEqual(
            box,
            {
                "image": "debian:12",
                "name": "named",
                "env": {"A": "1"},
                "volumes": [
                    HostVolume(host_path="/a", box_path="/b", read_only=False),
                    HostVolume(host_path="/c", box_path="/d", read_only=True),
                    HostVolume(host_path="/e", box_path="/f", read_only=True),
                ],
                "disk_size_mib": 2048,
                "auto_remove": True,
                "security": "strict",
            },
        )
        self.assertIs(boxlite.BoxOptions(auto_remove=False).plan(None).box["auto_remove"], False)
        with self.assertRaises(boxlite.InvalidArgumentError):
            boxlite.BoxOptions(volumes=[{"host": "/e"}]).plan(None)
        with self.assertRaises(TypeError):
            boxlite.SimpleBox(no_such_option=1)
        standard = boxlite.SecurityOptions.standard()
        with self.assertRaises(boxlite.InvalidArgumentError):
            boxlite.BoxOptions(security=standard, advanced=boxlite.AdvancedBoxOptions(security=standard)).plan(None)

    def test_what_was_not_given_is_empty(self) -> None:
        options = boxlite.BoxOptions()
        self.assertEqual((options.env, options.volumes, options.ports, options.secrets), ([], [], [], []))
        self.assertEqual((boxlite.NetworkSpec("disabled").allow_net, boxlite.Secret("a", "b").hosts), ([], []))

    def test_the_life_of_a_box_in_their_words(self) -> None:
        planned = boxlite.BoxOptions(auto_remove=True, auto_delete=0, auto_stop=90, auto_resume=True).plan(None).box
        self.assertEqual((planned["auto_remove"], planned["idle_timeout_ms"]), (False, 90_000))
        self.assertIs(boxlite.BoxOptions(auto_remove=False, auto_delete=60).plan(None).box["auto_remove"], True)
        self.assertNotIn("idle_timeout_ms", boxlite.BoxOptions(auto_stop=0).plan(None).box)

    def test_volumes_of_the_home(self) -> None:
        planned = boxlite.BoxOptions(volumes=[{"managed_volume": "data", "guest_path": "/data"}, ("/a", "/b")]).plan(None).box
        self.assertEqual(
            planned["volumes"],
            [NamedVolume(name="data", box_path="/data", read_only=False), HostVolume(host_path="/a", box_path="/b", read_only=False)],
        )
        with self.assertRaises(boxlite.InvalidArgumentError):
            boxlite.BoxOptions(volumes=[{"managed_volume": "data"}]).plan(None)

    def test_registries(self) -> None:
        registry = boxlite.ImageRegistry(host="registry.example:5000", transport="http", username="user", password="secret")
        self.assertNotIn("secret", repr(registry))
        credentials = RegistryCredentialsUsername(username="user", password="secret")
        self.assertEqual(registry.as_option(), RegistryOptions(host="registry.example:5000", protocol="http", credentials=credentials))
        hub = boxlite.ImageRegistry(host="docker.io", search=True)
        searched = boxlite.Options(image_registries=["docker.io", hub]).as_options()["registries"]
        self.assertEqual(searched, [RegistryOptions(host="docker.io", protocol="https")] * 2)
        for refused in (
            boxlite.ImageRegistry(host="a", search=True),
            boxlite.ImageRegistry(host="a", skip_verify=True),
            boxlite.ImageRegistry(host="a", bearer_token="token"),
        ):
            with self.assertRaises(boxlite.UnsupportedError):
                boxlite.Boxlite(boxlite.Options(image_registries=[refused]))
        for wrong in (boxlite.ImageRegistry(host="a", transport="ftp"), boxlite.ImageRegistry(host="a", username="user")):
            with self.assertRaises(boxlite.InvalidArgumentError):
                wrong.as_option()

    def test_references_of_images(self) -> None:
        self.assertEqual(split_reference("docker.io/library/debian:12"), ("docker.io/library/debian", "12"))
        self.assertEqual(split_reference("localhost:5000/app"), ("localhost:5000/app", ""))
        self.assertEqual(split_reference("localhost:5000/app:1@sha256:00"), ("localhost:5000/app", ""))
        self.assertEqual(split_reference(""), ("", ""))

    def test_a_health_state_is_text_and_says_what_it_is(self) -> None:
        state = boxlite.HealthState("unhealthy")
        self.assertEqual(str(state), "unhealthy")
        self.assertEqual(state, boxlite.HealthState.unhealthy())
        self.assertEqual((state.is_unhealthy(), state.is_healthy(), state.is_none(), state.is_starting()), (True, False, False, False))

    def test_what_was_never_opened_ends_without_a_bridge(self) -> None:
        runtime = boxlite.Boxlite(boxlite.Options(home_dir="/no/such/home"))
        runtime.close()
        with self.assertRaises(boxlite.StoppedError):
            asyncio.run(runtime.list_info())

    def test_all_that_is_named_is_there(self) -> None:
        for module in (boxlite, boxlite.errors, boxlite.sync_api, boxlite.orchestration):
            for name in module.__all__:
                self.assertTrue(hasattr(module, name), name)

    def test_an_error_that_is_never_raised_can_be_caught(self) -> None:
        self.assertTrue(issubclass(boxlite.errors.DatabaseError, boxlite.BoxliteError))

    def test_a_part_of_which_nothing_is_supported_has_no_other_attributes(self) -> None:
        self.assertFalse(hasattr(boxlite.Boxlite.default().registries, "__len__"))


if __name__ == "__main__":
    unittest.main()

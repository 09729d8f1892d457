"""Programs without asyncio as they are written for the original BoxLite, in real guests: python3 compat_sync.py LAYOUT."""

import sys
import tempfile
import time
from pathlib import Path

import boxlite.compat as boxlite
from boxlite.compat import SyncBoxlite
from boxlite.compat.sync_api import SyncBox


def native() -> None:
    with SyncBoxlite.default() as runtime:
        options = boxlite.BoxOptions(memory_mib=256, env=[("PROJECT", "boxlite")], working_dir="/tmp")
        box = runtime.create(options, name=f"test-box-{int(time.time())}")
        assert options.memory_mib == 256 and box.name is not None
        execution = box.exec("sh", ["-c", "echo to stdout; echo $PROJECT $FOO >&2; pwd"], [("FOO", "bar")])
        assert [line.strip() for line in execution.stdout()] == ["to stdout", "/tmp"]
        assert [line.strip() for line in execution.stderr()] == ["boxlite bar"]
        assert execution.wait().exit_code == 0
        assert execution.id == execution.id()

        execution = box.exec("cat", None, None)
        stdin = execution.stdin()
        stdin.send_input(b"typed")
        stdin.close()
        assert "".join(execution.stdout()) == "typed"

        execution = box.exec("sleep", ["100"])
        execution.kill()
        assert execution.wait().exit_code == -9
        assert box.metrics().commands_executed_total == 3
        assert runtime.metrics().num_running_boxes == 1
        box.stop()

        with runtime.create(boxlite.BoxOptions(memory_mib=256)) as entered:
            assert runtime.get(entered.id) is not None
            assert "".join(entered.exec("echo", ["inside"]).stdout()) == "inside\n"
        assert runtime.get(entered.id) is None
        runtime.remove(entered.id, force=True)
        assert isinstance(runtime.images.list(), list)


class SandboxManager:
    def __init__(self) -> None:
        self._runtime = SyncBoxlite.default().start()
        self._box: SyncBox = self._runtime.create(boxlite.BoxOptions(memory_mib=256))

    def run_command(self, command: str, arguments: list[str]) -> str:
        execution = self._box.exec(command, arguments)
        output = "".join(line for line in execution.stdout())
        execution.wait()
        return output.strip()

    def stop(self) -> None:
        self._box.stop()
        self._runtime.stop()


def simple(layout: str) -> None:
    with boxlite.SyncSimpleBox(memory_mib=256) as box:
        assert box.exec("sh", "-c", "echo $FOO", env={"FOO": "bar"}).stdout == "bar\n"
        for refused in (box.network.tunnel, box.tunnel, box._box.network.tunnel, box._box.tunnel):
            try:
                refused(80)
                raise AssertionError
            except boxlite.UnsupportedError:
                pass
        execution = box._box.exec("sh", ["-c", "cat > /tmp/piped"])
        execution.stdin().send_input(b"piped")
        execution.stdin().close()
        assert execution.wait().exit_code == 0
        with tempfile.TemporaryDirectory() as directory:
            box.copy_out("/tmp/piped", directory + "/out")
            assert (Path(directory) / "out").read_text() == "piped"
    with SyncBoxlite.default() as runtime:
        with boxlite.SyncSimpleBox(memory_mib=256, name="shared", reuse_existing=True, runtime=runtime) as first:
            first.exec("touch", "/tmp/marker")
            with boxlite.SyncSimpleBox(memory_mib=256, name="shared", reuse_existing=True, runtime=runtime) as second:
                assert (first.created, second.created) == (True, False)
                assert second.exec("ls", "/tmp/marker").exit_code == 0
    with boxlite.SyncCodeBox(rootfs_path=layout, memory_mib=384) as code:
        assert code.run("print(6 * 7)") == "42\n"


native()
manager = SandboxManager()
assert manager.run_command("echo", ["managed"]) == "managed"
manager.stop()
simple(sys.argv[1])

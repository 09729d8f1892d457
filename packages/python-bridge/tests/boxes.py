"""The boxes in real guests: python3 boxes.py async|sync|terminal LAYOUT. Prints nothing when all is well."""

import asyncio
import sys
import tempfile
from pathlib import Path

import boxlite
from boxlite.sync import BoxliteRuntime

SMALL = {"memory_mib": 256}
HOSTILE = [
    "import sys; sys.exit()",
    "import os; os._exit(7)",
    "import os; os.abort()",
    "print = None\nimport builtins; builtins.print = None",
    "import sys, os; sys.stdin.close(); os.close(0)",
    "import os; os.write(1, b'raw')",
    "import os\nif os.fork() == 0: print('child')\nelse: os.wait()",
    "import os; os.closerange(0, 256)",
]


async def simple() -> None:
    async with boxlite.SimpleBox(env=[("FROM", "box")], working_dir="/tmp", **SMALL) as box:
        assert box.created is True and box.id
        assert await box.exec("echo", "a", "b c") == boxlite.ExecResult(exit_code=0, stdout="a b c\n", stderr="")
        assert (await box.exec("sh", "-c", "echo $FROM $MORE; pwd", env={"MORE": "exec"})).stdout == "box exec\n/tmp\n"
        assert (await box.exec("sh", "-c", "pwd; id -u", cwd="/etc", user="7")).stdout == "/etc\n7\n"
        assert (await box.exec("cat", stdin="typed")).stdout == "typed"
        assert (await box.exec("sh", "-c", "echo no >&2; exit 3")) == boxlite.ExecResult(3, "", "no\n")
        assert (await box.exec("sh", "-c", "kill -9 $$")).exit_code == -9
        try:
            await box.exec("sleep", "1000", timeout=0.2)
            raise AssertionError
        except TimeoutError as error:
            assert isinstance(error, boxlite.TimeoutError) and error.code == "Execution"
        with tempfile.TemporaryDirectory() as directory:
            (Path(directory) / "in").write_text("there and back")
            await box.copy_in(directory + "/in", "/root/")
            await box.copy_out("/root/in", directory + "/out")
            assert (Path(directory) / "out").read_text() == "there and back"
        handle = await box.handle()
        assert await handle.files.read("/root/in") == b"there and back"
        assert (await box.info()).status == "running"
        async with boxlite.SimpleBox(name="shared", reuse_existing=True, **SMALL) as first:
            await first.exec("touch", "/mine")
            async with boxlite.SimpleBox(name="shared", reuse_existing=True, **SMALL) as second:
                assert (await second.exec("ls", "/mine")).stdout == "/mine\n"
                assert (first.created, second.created) == (True, False)
    try:
        await box.exec("true")
        raise AssertionError
    except boxlite.StoppedError:
        pass
    async with boxlite.BoxliteRuntime.open() as runtime:
        assert await runtime.list() == []
        async with boxlite.SimpleBox(runtime=runtime, **SMALL) as box:
            assert [info.id for info in await runtime.list()] == [box.id]


async def code(layout: str) -> None:
    async with boxlite.CodeBox(rootfs_path=layout, memory_mib=384) as box:
        assert await box.run("x = 6\ndef double(n): return 2 * n\nprint('Hello, World!')") == "Hello, World!\n"
        assert await box.run("print(double(x))") == "12\n"
        result = await box.execute("import sys\nprint('out')\nprint('err', file=sys.stderr)\ndisplay({'image/png': b'png'})\n{'a': [1]}")
        assert (result.stdout, result.stderr, result.error, result.pngs) == ("out\n", "err\n", None, (b"png",)), result
        assert result.value == boxlite.CodeValue(text="{'a': [1]}", is_json=True, json={"a": [1]})
        try:
            await box.run("1 / 0")
            raise AssertionError
        except boxlite.ExecError as error:
            assert error.exit_code == 1 and "ZeroDivisionError" in error.stderr
        try:
            await box.run("while True: pass", timeout=0.5)
            raise AssertionError
        except boxlite.TimeoutError:
            pass
        told: list[str] = []
        flood = await box.execute("while True: print('x' * 1000)", timeout=1, on_stdout=told.append, max_output=10_000)
        assert flood.timed_out and flood.truncated and len(flood.stdout) == 10_000 and len("".join(told)) >= 10_000
        assert await box.run("print(x)") == "6\n"
        running = asyncio.create_task(box.execute("print('on')\nwhile True: pass", on_stdout=lambda _: running.cancel()))
        try:
            await running
            raise AssertionError
        except asyncio.CancelledError:
            pass
        for hostile in HOSTILE:
            await box.execute(hostile)
            await box.reset()
            assert await box.run("print('fine')") == "fine\n", hostile
        try:
            await box.execute("import os, signal; os.kill(os.getppid(), signal.SIGKILL); import time; time.sleep(1000)")
            raise AssertionError
        except boxlite.ExecutionError:
            pass
        again = await box.execute("1")
        assert again.restarted and again.error is None
        assert await asyncio.gather(*(box.run(f"print({n})") for n in range(3))) == ["0\n", "1\n", "2\n"]
        try:
            await box.install_package("requests")
            raise AssertionError
        except boxlite.UnsupportedError:
            pass


async def node(layout: str) -> None:
    async with boxlite.CodeBox(rootfs_path=layout, language="node", memory_mib=512) as box:
        assert await box.run("const x = 6; console.log('Hello, World!')") == "Hello, World!\n"
        result = await box.execute("console.error(await Promise.resolve('err')); ({ x })")
        assert result.stderr == "err\n" and result.value is not None and result.value.json == {"x": 6}
        late = await box.execute("while (true);", timeout=0.5)
        assert late.timed_out and late.error is not None and late.error.name == "Interrupted" and not late.restarted
        assert (await box.execute("process.exit(3)")).restarted


def sync(layout: str) -> None:
    with boxlite.SyncSimpleBox(**SMALL) as box:
        assert box.exec("echo", "hello").stdout == "hello\n"
        assert box.info().id == box.id and box.created
    with BoxliteRuntime.open() as runtime, boxlite.SyncSimpleBox(runtime=runtime, **SMALL) as box:
        assert box.handle().id == box.id
    with boxlite.SyncCodeBox(rootfs_path=layout, memory_mib=384) as python:
        assert python.run("x = 6\nprint('Hello, World!')") == "Hello, World!\n"
        told: list[str] = []
        result = python.execute("print('told'); x * 7", on_stdout=told.append)
        assert result.value is not None and result.value.json == 42 and told == ["told\n"]
        try:
            python.run("1 / 0")
            raise AssertionError
        except boxlite.ExecError:
            pass


async def terminal() -> None:
    async with boxlite.InteractiveBox(tty=False, shell="cat", **SMALL) as box:
        await box.execution.stdin.write("typed\r\x04")
        assert await box.execution.stdout.read() == b"typed\r\ntyped\r\n"
        assert (await box.wait()).exit_code == 0
    async with boxlite.InteractiveBox(**SMALL) as box:
        print(f"ended with {(await box.wait()).exit_code}")


if __name__ == "__main__":
    if sys.argv[1] == "async":
        asyncio.run(simple())
        asyncio.run(code(sys.argv[2]))
        asyncio.run(node(sys.argv[2]))
    elif sys.argv[1] == "sync":
        sync(sys.argv[2])
    else:
        asyncio.run(terminal())

"""Programs as they are written for the original BoxLite, in real guests: python3 compat.py PART LAYOUT. Prints nothing when all is well."""

import asyncio
import io
import os
import sys
import tarfile
import tempfile
from pathlib import Path

import boxlite.compat as boxlite
from boxlite.compat import Boxlite, BoxOptions, CopyOptions, SimpleBox
from boxlite.compat.constants import DEFAULT_CPUS, DEFAULT_MEMORY_MIB
from boxlite.compat.errors import AlreadyExistsError, InvalidStateError, NotFoundError, StoppedError, UnsupportedError
from boxlite.compat.orchestration import BoxGroup, BoxRuntime, ManagedBox


def small(**options: object) -> BoxOptions:
    return BoxOptions(memory_mib=256, **options)  # type: ignore[arg-type]


async def text_of(execution: boxlite.Execution) -> str:
    text = "".join([line async for line in execution.stdout()])
    assert (await execution.wait()).exit_code == 0
    return text


async def streams(_directory: Path, _layout: str) -> None:
    runtime = Boxlite.default()
    assert Boxlite.default() is runtime
    box = await runtime.create(small(env=[("PROJECT", "boxlite")], working_dir="/tmp"))
    execution = await box.exec("sh", ["-c", "echo one; echo two; echo $PROJECT $MORE >&2; pwd >&2; exit 3"], [("MORE", "more")])
    stdout, stderr = execution.stdout(), execution.stderr()
    assert [line.strip() async for line in stdout] == ["one", "two"]
    assert [line async for line in stderr] == ["boxlite more\n", "/tmp\n"]
    result = await execution.wait()
    assert (result.exit_code, result.error_message) == (3, None), result
    assert execution.id == execution.id() == str(execution.id) != ""

    # What was printed before somebody reads is there, also when the command is waited for first, and more than streams hold.
    execution = await box.exec("sh", ["-c", "yes $(seq 100) | head -c 4000000; echo; echo end"])
    assert (await execution.wait()).exit_code == 0
    lines = [line async for line in execution.stdout()]
    assert sum(map(len, lines)) == 4_000_005 and lines[-1] == "end\n", len(lines)

    # What comes of a line is not held back.
    execution = await box.exec("sh", ["-c", "printf 'name? '; read name; echo hello $name"])
    stdout = execution.stdout()
    assert await stdout.__anext__() == "name? "
    # Who gives up waiting loses nothing.
    try:
        await asyncio.wait_for(stdout.__anext__(), 0.1)
        raise AssertionError
    except asyncio.TimeoutError:
        pass
    await execution.stdin().send_input(b"alice\n")
    assert [line async for line in stdout] == ["hello alice\n"]

    execution = await box.exec("sh", ["-c", "sleep 100; echo done"])
    await execution.kill()
    assert (await execution.wait()).exit_code == -9
    execution = await box.exec("sleep", ["100"], timeout_secs=0.2)
    assert (await execution.wait()).timed_out
    assert await text_of(await box.exec("sh", ["-c", "id -u; pwd"], user="7", cwd="/etc")) == "7\n/etc\n"
    execution = await box.exec("sh", ["-c", "tty; stty size"], tty=True)
    await execution.resize_tty(33, 77)
    assert (await text_of(execution)).startswith("/dev/pts/")

    metrics = await box.metrics()
    assert metrics.commands_executed_total == 7 and metrics.guest_boot_duration_ms is not None and metrics.cpu_percent is None
    assert (await runtime.metrics()).num_running_boxes == 1
    await box.stop()
    assert await runtime.get_info(box.id) is None


async def lifecycle(_directory: Path, _layout: str) -> None:
    runtime = boxlite.Boxlite.default()
    box = await runtime.create(small(cpus=1, auto_remove=False), name="kept")
    info = box.info()
    assert (info.id, info.name, info.state.status, info.cpus, info.memory_mib) == (box.id, "kept", "configured", 1, 256)
    await (await box.exec("sh", ["-c", "echo persistent > /root/file"])).wait()
    assert box.info().state.running and box.info().state.pid
    assert [each.id for each in await runtime.list_info()] == [box.id]
    try:
        await runtime.create(small(), name="kept")
        raise AssertionError
    except AlreadyExistsError:
        pass
    same, created = await runtime.get_or_create(small(), name="kept")
    assert not created and same.id == box.id

    for _ in range(2):
        await box.pause()
        assert box.info().state.status == "paused"
        try:
            await box.exec("true")
            raise AssertionError
        except InvalidStateError:
            pass
        await box.resume()
        assert (await box.info()).state.status == "running"

    await box.stop()
    stopped = await runtime.get_info("kept")
    assert stopped is not None and stopped.state.status == "stopped" and not stopped.state.running
    again = await runtime.get(box.id)
    assert again is not None
    assert await text_of(await again.exec("cat", ["/root/file"])) == "persistent\n"
    try:
        await runtime.remove(box.id, force=False)
        raise AssertionError
    except InvalidStateError:
        pass
    await runtime.remove(box.id, force=True)
    assert await runtime.get(box.id) is None
    try:
        await runtime.remove("no-such-box", force=False)
        raise AssertionError
    except NotFoundError:
        pass
    plain = (await runtime.create(BoxOptions())).info()
    assert (plain.cpus, plain.memory_mib) == (DEFAULT_CPUS, DEFAULT_MEMORY_MIB)
    await runtime.remove(plain.id)
    async with await runtime.create(small()) as entered:
        assert await text_of(await entered.exec("echo", ["inside"])) == "inside\n"


async def clones(_directory: Path, _layout: str) -> None:
    runtime = boxlite.Boxlite.default()
    source = await runtime.create(small(auto_remove=False, disk_size_gb=2), name="source")
    await (await source.exec("sh", ["-c", "echo source > /root/marker"])).wait()
    cloned = await source.clone_box(name="clone")
    await (await cloned.exec("sh", ["-c", "echo clone >> /root/marker"])).wait()
    assert await text_of(await cloned.exec("cat", ["/root/marker"])) == "source\nclone\n"
    assert await text_of(await source.exec("cat", ["/root/marker"])) == "source\n"

    made = await source.snapshot.create(name="before", options=boxlite.SnapshotOptions())
    assert (made.name, made.box_id) == ("before", source.id) and made.created_at > 1_600_000_000
    assert made.container_disk_bytes == 2 * 1024**3
    await (await source.exec("rm", ["/root/marker"])).wait()
    await source.snapshot.restore("before")
    assert await text_of(await source.exec("cat", ["/root/marker"])) == "source\n"
    assert [each.name for each in await source.snapshot.list()] == ["before"]
    await source.snapshot.remove("before")
    assert await source.snapshot.get("before") is None

    with tempfile.TemporaryDirectory() as directory:
        archive = await source.export(dest=directory)
        assert archive == os.path.join(directory, "source.boxlite")
        imported = await runtime.import_box(archive, name="imported")
        assert await text_of(await imported.exec("cat", ["/root/marker"])) == "source\n"
    for box in (source, cloned, imported):
        await box.stop()
        await runtime.remove(box.id, force=True)
    assert await runtime.list_info() == []


def make_tar(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


async def copies(directory: Path, _layout: str) -> None:
    (directory / "in").mkdir()
    (directory / "in/hello.txt").write_text("hello")
    box = await Boxlite.default().create(small(), name="copy-demo")
    await box.start()
    await box.copy_in(str(directory / "in"), "/new/app", copy_options=CopyOptions())
    assert await text_of(await box.exec("ls", args=["/new/app"])) == "hello.txt\n"
    await box.copy_out("/new/app", str(directory / "out") + "/", copy_options=CopyOptions())
    assert (directory / "out/app/hello.txt").read_text() == "hello"
    await box.copy_out("/new/app", str(directory / "flat"), CopyOptions(include_parent=False))
    assert (directory / "flat/hello.txt").read_text() == "hello"
    pairs = [("/new/app/hello.txt", directory / "many/renamed.txt"), ("/no/such/file", directory / "many/nothing")]
    outcomes = await box.copy_out_many([boxlite.CopyOutPair(source, str(target)) for source, target in pairs])
    assert [(each.container_src, each.host_dst) for each in outcomes] == [(source, str(target)) for source, target in pairs]
    assert outcomes[0].error is None and "/no/such/file" in (outcomes[1].error or ""), outcomes
    assert (directory / "many/renamed.txt").read_text() == "hello"
    try:
        await box.copy_in(str(directory / "in"), "/root", CopyOptions(recursive=False))
        raise AssertionError
    except boxlite.InvalidArgumentError:
        pass
    await box.stop()

    async with SimpleBox(memory_mib=256, name="file-copy-demo", volumes=[(str(directory), "/workspace", "ro")]) as simple:
        assert (await simple.exec("cat", "/workspace/in/hello.txt")).stdout == "hello"
        await simple.copy_in(str(directory / "in/hello.txt"), "/made/renamed.txt")
        await simple.copy_in(str(directory / "in/hello.txt"), "/made/into/")
        assert sorted((await simple.exec("find", "/made", "-type", "f")).stdout.split()) == ["/made/into/hello.txt", "/made/renamed.txt"]
        execution = await simple._box.exec("tar", args=["xf", "-", "-C", "/tmp"])
        stdin = execution.stdin()
        await stdin.send_input(make_tar({"piped.txt": b"piped"}))
        await stdin.close()
        assert (await execution.wait()).exit_code == 0
        assert (await simple.exec("cat", "/tmp/piped.txt")).stdout == "piped"


async def simple_boxes(_directory: Path, _layout: str) -> None:
    async with boxlite.SimpleBox(memory_mib=256, env=[("USER", "alice")], working_dir="/tmp", user="1000:1000") as box:
        assert await box.exec("sh", "-c", "echo $USER $MORE; pwd; id -u", env={"MORE": "more"}) == boxlite.ExecResult(
            exit_code=0, stdout="alice more\n/tmp\n1000\n", stderr=""
        )
        assert (await box.exec("false")).exit_code == 1
        assert box.info().id == box.id and (await box.info()).state.status == "running"
        assert (await box.metrics()).commands_executed_total == 2
        for command, exit_code, words in (("no-such-command", 127, "not found"), ("/etc/passwd", 126, "Permission denied")):
            try:
                await box.exec(command, "argument")
                raise AssertionError
            except boxlite.ExecError as error:
                assert (error.command, error.exit_code) == (f"{command} argument", exit_code) and words in error.stderr, error
        try:
            await box.exec("sleep", "100", timeout=0.2)
            raise AssertionError
        except boxlite.TimeoutError:
            pass
    async with boxlite.SimpleBox(memory_mib=256, name="reuse", reuse_existing=True) as first:
        await first.exec("touch", "/tmp/marker")
        async with boxlite.SimpleBox(memory_mib=256, name="reuse", reuse_existing=True) as second:
            assert (first.created, second.created, first.id) == (True, False, second.id)
            assert (await second.exec("ls", "/tmp/marker")).exit_code == 0
    box = boxlite.SimpleBox(memory_mib=256)
    assert await box.start() is box
    await box.shutdown()
    assert await Boxlite.default().list_info() == []


async def code(_directory: Path, layout: str) -> None:
    async with boxlite.CodeBox(rootfs_path=layout, memory_mib=384) as codebox:
        assert await codebox.run("import math\nprint(math.factorial(5))") == "120\n"
        try:
            await codebox.run("1 / 0")
            raise AssertionError
        except boxlite.ExecError as error:
            assert error.exit_code == 1 and "ZeroDivisionError" in error.stderr
    async with await Boxlite.default().create(small(rootfs_path=layout)) as box:
        assert await text_of(await box.exec("python3", ["-c", "print('from a layout')"])) == "from a layout\n"


async def refused(_directory: Path, _layout: str) -> None:
    runtime = Boxlite.default()
    for options in (
        small(ports=[(8080, 80)]),
        small(network=boxlite.NetworkSpec(mode="enabled", allow_net=["example.org"])),
        small(secrets=[boxlite.Secret(name="openai", value="sk-secret", hosts=["example.org"])]),
        small(advanced=boxlite.AdvancedBoxOptions(security=boxlite.SecurityOptions(max_open_files=5))),
        small(security=boxlite.SecurityOptions(max_open_files=5)),
        small(allow_net=["example.org"]),
        small(auto_resume=False),
    ):
        assert "sk-secret" not in repr(options)
        try:
            await runtime.create(options)
            raise AssertionError
        except UnsupportedError:
            pass
    for make in (
        *(boxlite.BrowserBox, boxlite.ComputerBox, boxlite.SkillBox, boxlite.BoxliteRestOptions.from_env, boxlite.Credential),
        *(boxlite.AccessToken, BoxRuntime, ManagedBox, BoxGroup, runtime.registries.list),
        lambda: boxlite.Boxlite(boxlite.Options(image_registries=["ghcr.io", "docker.io"])),
    ):
        try:
            make()
            raise AssertionError
        except UnsupportedError:
            pass
    advanced = boxlite.AdvancedBoxOptions(
        security=boxlite.SecurityOptions.standard(),
        health_check=boxlite.HealthCheckOptions(interval=1, start_period=0),
        capabilities=boxlite.ContainerCapabilities(drop=["NET_RAW"]),
    )
    async with await runtime.create(small(advanced=advanced, network=boxlite.NetworkSpec(mode="disabled"))) as box:
        for _ in range(300):
            health = box.info().health_status
            if health.state.is_healthy():
                break
            await asyncio.sleep(0.1)
        assert health.state.is_healthy() and health.failures == 0 and health.last_check, health
        network = box.info().network
        assert (network.mode, network.inbound.mode, network.allow_net, network.published_ports) == ("disabled", "disabled", [], [])
        for call in (lambda: box.network.tunnel(80), lambda: box.git.clone("https://example.org/a"), lambda: box.ssh.status()):
            try:
                await call()
                raise AssertionError
            except UnsupportedError:
                pass


async def volumes(_directory: Path, _layout: str) -> None:
    runtime = Boxlite.default()
    made = await runtime.volumes.create("data")
    assert [each.id for each in await runtime.volumes.list()] == [made.id] and (await runtime.volumes.get(made.id)).name == "data"
    mounts = [{"managed_volume": made.id, "guest_path": "/data"}]
    async with SimpleBox(memory_mib=256, volumes=mounts) as box:
        assert (await box.exec("touch", "/data/kept")).exit_code == 0
    # An auto_delete that is given counts, not auto_remove.
    async with SimpleBox(memory_mib=256, volumes=mounts, name="keeps", auto_stop=600, auto_delete=0) as box:
        assert (await box.exec("ls", "/data/kept")).exit_code == 0
        assert (box.info().auto_stop, box.info().auto_delete, box.info().auto_resume) == (600, 0, True)
    try:
        await runtime.volumes.remove(made.id)
        raise AssertionError
    except InvalidStateError:
        pass
    await runtime.remove("keeps")
    await runtime.volumes.remove(made.id)
    await runtime.volumes.remove(made.id, force=True)
    try:
        await runtime.volumes.remove(made.id)
        raise AssertionError
    except NotFoundError:
        pass
    brief = await runtime.create(small(auto_remove=False, auto_delete=60))
    await brief.start()
    await brief.stop()
    assert await runtime.get(brief.id) is None


async def homes(directory: Path, _layout: str) -> None:
    runtime = boxlite.Boxlite(boxlite.Options(home_dir=str(directory / "home")))
    async with boxlite.SimpleBox(memory_mib=256, runtime=runtime) as box:
        assert [each.id for each in await runtime.list_info()] == [box.id]
        assert await Boxlite.default().list_info() == []
    detached = await runtime.create(small(detach=True, auto_remove=False))
    await detached.start()
    # Dropped, it is closed at once: another may have its home, and finds the Box running.
    del runtime, box
    id = detached.id
    del detached
    runtime = boxlite.Boxlite(boxlite.Options(home_dir=str(directory / "home")))
    found = await runtime.get(id)
    assert found is not None and found.info().state.running
    await runtime.shutdown(timeout=0)
    try:
        await runtime.list_info()
        raise AssertionError
    except StoppedError:
        pass
    with boxlite.Boxlite(boxlite.Options(home_dir=str(directory / "home"))) as runtime:
        assert (await runtime.get_info(id) or found.info()).state.status == "stopped"


PARTS = {each.__name__: each for each in (streams, lifecycle, clones, copies, simple_boxes, code, refused, volumes, homes)}

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as directory:
        asyncio.run(PARTS[sys.argv[1]](Path(directory), sys.argv[2]))
    # A runtime belongs to no event loop.
    assert asyncio.run(Boxlite.default().list_info()) == []

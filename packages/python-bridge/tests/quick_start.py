"""The snippets of docs/python.md, as one program."""

# #region hello
import asyncio

import boxlite


async def hello() -> None:
    async with boxlite.BoxliteRuntime.open() as runtime, runtime.create() as box:
        result = await box.run("echo", ["hello from a VM"])
        print(result.stdout, end="")


asyncio.run(hello())
# #endregion


async def streaming() -> None:
    async with boxlite.BoxliteRuntime.open() as runtime:
        # #region streaming
        async with runtime.create(name="worker", env={"GREETING": "hi"}, memory_mib=256) as box:
            execution = await box.exec("sh", ["-c", 'for n in 1 2 3; do echo "$GREETING $n"; done'])
            async for line in execution.stdout.lines():
                print(line)
            status = await execution.wait()
            print(status.exit_code)
        # #endregion

        # #region stdin
        async with runtime.create() as box:
            sort = await box.exec("sort", stdin="pipe")
            await sort.stdin.write("pear\napple\n")
            await sort.stdin.close()
            print((await sort.stdout.read()).decode(), end="")
        # #endregion

            # #region files
            await box.files.write("/data.bin", b"\x00\x01\x02")
            print(await box.files.read("/data.bin"))
            for entry in await box.files.list("/"):
                if entry.type == "file":
                    print(entry.name, entry.size)
            # #endregion

            # #region errors
            try:
                await box.run("sh", ["-c", "echo oh no >&2; exit 3"], check=True)
            except boxlite.ExecutionError as error:
                print(error.reason, error.result and error.result.exit_code)
            try:
                await box.exec("no-such-command")
            except boxlite.BoxliteError as error:
                print(error.code, error.reason)
            # #endregion

            # #region cancel
            try:
                await asyncio.wait_for(box.run("sleep", ["1000"]), timeout=0.5)
            except asyncio.TimeoutError:
                print("given up, and killed")
            # #endregion

        # #region remove
        await runtime.remove("worker")
        # #endregion


asyncio.run(streaming())

"""The snippets of docs/boxes.md in Python: python3 boxes_docs.py LAYOUT."""

import asyncio
import sys

import boxlite

layout = sys.argv[1]


async def main() -> None:
    # #region simple
    async with boxlite.SimpleBox(memory_mib=256, env={"GREETING": "hello"}) as box:
        result = await box.exec("sh", "-c", 'echo "$GREETING from $(uname -s)"')
        print(result.exit_code, result.stdout, end="")
    # #endregion

    # #region code
    async with boxlite.CodeBox(rootfs_path=layout, memory_mib=384) as box:
        await box.run("data = [3, 1, 2]")
        print(await box.run("print(sorted(data))"), end="")

        result = await box.execute('print("summing")\n{"sum": sum(data)}', timeout=10)
        print(result.stdout, end="")
        if result.value is not None:
            print(result.value.text, result.value.json["sum"])

        failed = await box.execute("1 / 0", on_stderr=print)
        if failed.error is not None:
            print(failed.error.name)
    # #endregion

    # #region compat
    from boxlite.compat import Boxlite, BoxOptions

    runtime = Boxlite.default()
    demo = await runtime.create(BoxOptions(memory_mib=256), name="demo")
    execution = await demo.exec("echo", ["as before"])
    async for line in execution.stdout():
        print(line, end="")
    print((await execution.wait()).exit_code, demo.info().state.status)
    await demo.stop()
    # #endregion


asyncio.run(main())

# #region sync
with boxlite.SyncCodeBox(rootfs_path=layout, memory_mib=384) as sync_box:
    print(sync_box.run("print('no asyncio')"), end="")
# #endregion

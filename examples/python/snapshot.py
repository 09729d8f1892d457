"""A Box that is put back to what it was: its disk, and its memory with all processes."""

import asyncio

import boxlite


async def main() -> None:
    async with boxlite.BoxliteRuntime.open() as runtime, runtime.create(memory_mib=256, auto_remove=True) as box:
        await box.run("sh", ["-c", "echo precious > /data; sleep 1000 &"], check=True)
        await box.snapshots.create("before")
        await box.run("sh", ["-c", "rm /data; killall sleep"], check=True)
        print("after the accident:", (await box.run("sh", ["-c", "ls /data; pidof sleep"])).stdout or "nothing")

        await box.snapshots.restore("before")
        print((await box.run("cat", ["/data"])).stdout.strip())
        print("it goes on:", "yes" if (await box.run("pidof", ["sleep"])).exit_code == 0 else "no")


asyncio.run(main())

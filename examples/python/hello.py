"""A command in a VM."""

import asyncio

import boxlite


async def main() -> None:
    async with boxlite.BoxliteRuntime.open() as runtime, runtime.create(memory_mib=256, auto_remove=True) as box:
        result = await box.run("echo", ["hello from a VM"])
        print(result.exit_code, result.stdout.strip())


asyncio.run(main())

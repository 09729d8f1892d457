"""The shell of an InteractiveBox, as the original BoxLite has it, in this program's terminal."""

import asyncio

from boxlite.compat import InteractiveBox


async def main() -> None:
    async with InteractiveBox(memory_mib=256, env=[("GREETING", "hello from the shell")]) as box:
        await box.wait()
    print("the shell has ended")


asyncio.run(main())

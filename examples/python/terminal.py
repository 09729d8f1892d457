"""A shell in a terminal that a program types at."""

import asyncio
import re

import boxlite


async def main() -> None:
    async with boxlite.BoxliteRuntime.open() as runtime, runtime.create(memory_mib=256, auto_remove=True) as box:
        shell = await box.exec("sh", tty=boxlite.TerminalSize(rows=24, columns=80), stdin="pipe", env={"PS1": ""})
        await shell.resize(rows=40, columns=120)
        await shell.stdin.write("stty size; tty; exit 7\r")
        screen = (await shell.stdout.read()).decode()
        print("a terminal of 40 rows" if re.search(r"40 120\s+/dev/pts/\d+", screen) else screen)
        print("exit code", (await shell.wait()).exit_code)


asyncio.run(main())

"""Single files in the Box, and trees in and out."""

import asyncio
import tempfile
from pathlib import Path

import boxlite


async def main() -> None:
    async with boxlite.BoxliteRuntime.open() as runtime, runtime.create(memory_mib=256, auto_remove=True) as box:
        await box.files.write("/greeting", b"hello")
        print((await box.files.read("/greeting")).decode())

        with tempfile.TemporaryDirectory() as directory:
            here = Path(directory)
            (here / "numbers").write_text("3\n1\n2\n")
            await box.copy_in(here / "numbers", "/root/")
            await box.run("sh", ["-c", "sort -n /root/numbers > /root/sorted"], check=True)
            await box.copy_out("/root/sorted", here / "sorted")
            print(" ".join((here / "sorted").read_text().split()))


asyncio.run(main())

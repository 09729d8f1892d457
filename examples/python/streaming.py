"""Output line by line as it comes, input as it is written, and a command that is given up."""

import asyncio

import boxlite


async def main() -> None:
    async with boxlite.BoxliteRuntime.open() as runtime, runtime.create(memory_mib=256, auto_remove=True) as box:
        count = await box.exec("sh", ["-c", 'for n in 1 2 3; do echo "line $n"; done'])
        async for line in count.stdout.lines():
            print(line)
        print("exit code", (await count.wait()).exit_code)

        sort = await box.exec("sort", stdin="pipe")
        await sort.stdin.write("pear\napple\n")
        await sort.stdin.close()
        print((await sort.stdout.read()).decode(), end="")

        try:
            await asyncio.wait_for(box.run("yes"), timeout=0.5)
        except asyncio.TimeoutError:
            print("given up")


asyncio.run(main())

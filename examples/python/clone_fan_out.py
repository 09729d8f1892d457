"""One Box is prepared, and others go on from there at once, each on its own."""

import asyncio

import boxlite


async def work(worker: boxlite.LiteBox, part: int) -> int:
    script = f"sed -n '{part * 10 + 1},{part * 10 + 10}p' /numbers | awk '{{ sum += $1 }} END {{ print sum }}'"
    return int((await worker.run("sh", ["-c", script], check=True)).stdout)


async def main() -> None:
    async with boxlite.BoxliteRuntime.open() as runtime, runtime.create(memory_mib=256, auto_remove=True) as prepared:
        await prepared.run("sh", ["-c", "seq 1 30 > /numbers"], check=True)
        workers = await prepared.clone(count=3)
        sums = await asyncio.gather(*(work(worker, part) for part, worker in enumerate(workers)))
        await asyncio.gather(*(worker.remove(force=True) for worker in workers))
        print(" + ".join(map(str, sums)), "=", sum(sums))


asyncio.run(main())

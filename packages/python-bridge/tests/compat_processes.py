"""A Box that one process leaves and another finds: python3 compat_processes.py HOME. The home is free as soon as a process has ended."""

import asyncio
import subprocess
import sys

import boxlite.compat as boxlite

HOME = boxlite.Options(home_dir=sys.argv[1])


async def leave() -> None:
    runtime = boxlite.Boxlite(HOME)
    box = await runtime.create(boxlite.BoxOptions(memory_mib=256, detach=True, auto_remove=False))
    await (await box.exec("touch", ["/tmp/left"])).wait()
    print(f"BOX_ID:{box.id}")


async def find() -> None:
    left = subprocess.run([sys.executable, __file__, sys.argv[1], "leave"], stdout=subprocess.PIPE, text=True, check=True, timeout=120)
    box_id = left.stdout.strip().removeprefix("BOX_ID:")
    runtime = boxlite.Boxlite(HOME)
    info = await runtime.get_info(box_id)
    assert info is not None and info.state.running, info
    box = await runtime.get(box_id)
    assert box is not None
    execution = await box.exec("ls", ["/tmp/left"])
    assert (await execution.wait()).exit_code == 0
    await runtime.remove(box_id, force=True)
    assert await runtime.get_info(box_id) is None


asyncio.run(leave() if len(sys.argv) > 2 else find())

"""A tool of an AI agent that runs the code which a model writes. The model's calls are written down here; an agent gets them from its API.

python3 agent_tool.py [OCI-LAYOUT]     without one, the image python:slim comes from a registry
"""

import asyncio
import json
import sys

import boxlite

# As models are told of it.
TOOL = {
    "name": "run_python",
    "description": "Runs Python code. Variables stay until the next call. Gives output, the value of the last expression, and errors.",
    "parameters": {"type": "object", "properties": {"code": {"type": "string"}}, "required": ["code"]},
}
CALLS = ["data = [3, 1, 2]\nsorted(data)", "print(sum(data) / 0)", "import os; os._exit(1)  # not the agent's end", 'print("again")']


async def run_python(box: boxlite.CodeBox, code: str) -> str:
    """What the model is answered: short, and never an exception."""
    result = await box.execute(code, timeout=30, max_output=10_000)
    answer = {
        "stdout": result.stdout,
        "stderr": result.stderr,
        "value": result.value and result.value.text,
        "error": result.error and f"{result.error.name}: {result.error.message}",
        "timedOut": result.timed_out,
    }
    return json.dumps({name: part for name, part in answer.items() if part}, separators=(",", ":"))


async def main() -> None:
    async with boxlite.CodeBox(rootfs_path=sys.argv[1] if len(sys.argv) > 1 else None, memory_mib=384) as box:
        for code in CALLS:
            print(await run_python(box, code))


asyncio.run(main())

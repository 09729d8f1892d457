"""Names the platform of a wheel that carries the bridge and its binaries; without them the wheel is for all."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# The native module and the jailer are built against Debian 12's C library.
PLATFORM = "py3-none-manylinux_2_36_x86_64"


class PlatformHook(BuildHookInterface):  # type: ignore[type-arg]
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if Path(self.root, "src/boxlite/_bundle").is_dir():
            build_data["pure_python"] = False
            build_data["tag"] = PLATFORM

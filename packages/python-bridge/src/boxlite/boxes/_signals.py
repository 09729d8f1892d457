"""Numbers of signals in a Box."""

from __future__ import annotations

# Of Linux on x86-64, whatever this machine has; see signal(7).
_NUMBERS = {
    name: number
    for number, name in enumerate("HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM".split(), 1)
} | {"XCPU": 24, "XFSZ": 25, "SYS": 31}


def signal_number(name: str | None) -> int:
    """Of ``SIGKILL`` 9; of real-time signals and others 1."""
    return _NUMBERS.get((name or "").removeprefix("SIG"), 1)

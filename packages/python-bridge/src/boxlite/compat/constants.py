"""What a Box has that is given nothing."""

DEFAULT_CPUS = 1
DEFAULT_MEMORY_MIB = 512

__all__ = ["DEFAULT_CPUS", "DEFAULT_MEMORY_MIB"]

"""How much a check may use, whatever the scene makes the libraries do."""

from __future__ import annotations

import resource

from pxr import Work

_MIB = 1 << 20
_FILES = 256
_WRITTEN_MIB = 256


def limit_resources(cpu_s: int, memory_mb: int) -> None:
    """Bound this process, for good: beyond, it is killed or fails to get memory.

    Args:
        cpu_s: seconds of computing.
        memory_mb: MiB of address space.
    """
    Work.SetConcurrencyLimit(1)
    for kind, most in (
        (resource.RLIMIT_CPU, cpu_s),
        (resource.RLIMIT_AS, memory_mb * _MIB),
        (resource.RLIMIT_FSIZE, _WRITTEN_MIB * _MIB),
        (resource.RLIMIT_NOFILE, _FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, most))

"""What must be equal for equal bits: the CPU's side of it."""

import platform
from functools import cache
from hashlib import sha256
from pathlib import Path

_NUMERIC = ("sse", "avx", "fma", "f16c", "amx", "asimd", "sve", "fp", "neon")
"""Instruction sets that mathematical libraries choose their code by."""


@cache
def cpu_fingerprint() -> str:
    """Architecture, C library and a digest of the instruction sets, e.g. `x86_64-glibc2.36-1f0c2ab34d55`.

    The same fingerprint promises the same bits for the same engine build: compiled code differs by
    architecture, sine and cosine by C library and by the instruction sets that it finds.
    """
    library = "".join(platform.libc_ver()) or platform.system().lower()
    return f"{platform.machine()}-{library}-{sha256(' '.join(_flags()).encode()).hexdigest()[:12]}"


def _flags() -> list[str]:
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return [platform.processor()]
    for line in text.splitlines():
        name, _, values = line.partition(":")
        if name.strip().lower() in ("flags", "features"):
            return sorted(flag for flag in set(values.split()) if flag.startswith(_NUMERIC))
    return [platform.processor()]

"""What kind of CPU this is: the same binary may round differently on another one."""

import platform
from hashlib import sha256
from pathlib import Path


def cpu_fingerprint() -> str:
    """Architecture, model and instruction set of this host's CPU, e.g. `x86_64 AMD EPYC 7B13 3f9a1c20`."""
    model, flags = platform.processor() or "unknown", ""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            name, _, value = line.partition(":")
            if name.strip() in ("model name", "CPU part"):
                model = value.strip()
            elif name.strip() in ("flags", "Features"):
                flags = " ".join(sorted(value.split()))
                break
    return f"{platform.machine()} {model} {sha256(flags.encode()).hexdigest()[:8]}"

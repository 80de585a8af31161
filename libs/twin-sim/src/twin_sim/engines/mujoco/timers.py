"""MuJoCo's own stop-watches: its Python package starts them, and they take most of a small model's step."""

from __future__ import annotations

import ctypes
from functools import cache
from pathlib import Path

import mujoco


@cache
def stop_timers() -> bool:
    """Take the clock away from all steps of this process; whether it was found. Results stay the same to the last bit.

    The package's `set_mjcb_time` knows only clocks that are written in Python, so the library's own variable is reset:
    `mjcb_time` of mujoco.h, a null pointer unless somebody sets it.
    """
    for library in Path(mujoco.__file__).parent.glob("libmujoco*"):
        try:
            ctypes.c_void_p.in_dll(ctypes.CDLL(str(library)), "mjcb_time").value = None
        except (OSError, ValueError):
            continue
        return True
    return False

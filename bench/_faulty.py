"""Engines that fail on command: what `scale/sitecustomize.py` does to a worker, from outside."""

from __future__ import annotations

from pathlib import Path

from _platform import Platform

from twin_schemas.records import JointMode, TwinSpec

VARIABLES = {"PYTHONPATH": str(Path(__file__).parent / "scale")}
"""For the services of a stack."""

_HINGE = "/World/Pendulum/hinge"
_FATAL, _SLOW = 1313.0, 0.1777


async def crash(on: Platform, spec: TwinSpec) -> None:
    """The worker that folds the command gets a SIGSEGV."""
    await on.twins.commands.set_joint_command(spec, {_HINGE: (JointMode.EFFORT, _FATAL)})


async def slow_down(on: Platform, spec: TwinSpec) -> None:
    """Every frame of a pendulum takes longer than its tick from now on."""
    await on.twins.commands.apply_parameters(spec, {f"{_HINGE}.damping": _SLOW})

"""A build before this one: what an upgrade comes from."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import twin_sim
from twin_sim.fold import FOLD_VERSION


def older_build(folder: Path) -> Path:
    """Copy the fold to a folder for `PYTHONPATH`, as the version before this one, whose digest chain came out
    differently.
    """
    package = folder / "twin_sim"
    shutil.copytree(Path(twin_sim.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    config, frame = package / "fold/config.py", package / "fold/frame.py"
    _replace(config, f"FOLD_VERSION = {FOLD_VERSION}", f"FOLD_VERSION = {FOLD_VERSION - 1}")
    _replace(frame, "state.chain + pack(", "b'old' + state.chain + pack(")
    return folder


def older_python(folder: Path) -> Path:
    """A program that runs Python in an environment with that build."""
    library = older_build(folder / "lib")
    python = folder / "python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH="{library}" exec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    return python


def _replace(file: Path, before: str, after: str) -> None:
    text = file.read_text()
    if text.count(before) != 1:
        raise ValueError(f"{file.name} has {text.count(before)} of {before!r}, not one")
    file.write_text(text.replace(before, after))

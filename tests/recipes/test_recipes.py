"""Each recipe, followed word for word in a scratch copy of the sources."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RECIPES = ROOT / "docs/recipes"
COPIED = ("schemas", "libs", "services", "tests", "docs", "conftest.py", "pyproject.toml")
BEFORE = {"handler": ("type",)}
"""Recipes that others build on."""

_STEP = re.compile(r"(?:<!-- (new|change): (\S+) -->\n)?^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The sources, as they are."""
    left_out = shutil.ignore_patterns("__pycache__", ".*", "evidence", "*.egg-info")
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=left_out)
        else:
            shutil.copy(source, tmp_path / name)
    return tmp_path


def follow(recipe: Path, copy: Path) -> None:
    """Do what a recipe says, step by step."""
    for what, path, language, block in _STEP.findall(recipe.read_text()):
        if what == "new":
            file = copy / path
            assert not file.exists(), f"{path} is there already"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block)
        elif what == "change":
            change(copy / path, block)
        elif language == "sh":
            type_in(block, copy)
        else:
            raise AssertionError(f"{recipe.name}: nobody knows what to do with:\n{block}")


def change(file: Path, difference: str) -> None:
    """Put the lines with + in the one place of those with -; what follows on the same line stays."""
    old = "\n".join(line[1:] for line in difference.splitlines() if line.startswith("-"))
    new = "\n".join(line[1:] for line in difference.splitlines() if line.startswith("+"))
    text = file.read_text()
    assert text.count(old) == 1, f"{file}: {text.count(old)} places are\n{old}"
    file.write_text(text.replace(old, new))


def type_in(script: str, copy: Path) -> None:
    """Run commands in the copy, with its packages before those that are installed."""
    sources = [
        folder for pattern in ("schemas/src", "libs/*/src", "services/*/src") for folder in copy.glob(pattern)
    ]
    done = subprocess.run(
        ["bash", "-eu", "-c", script],
        cwd=copy,
        env=os.environ
        | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": os.pathsep.join(map(str, sources)),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{script}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"


@pytest.mark.parametrize("name", sorted(path.stem for path in RECIPES.glob("*.md")))
def test_a_recipe_leads_to_what_it_promises(copy: Path, name: str) -> None:
    for each in (*BEFORE.get(name, ()), name):
        follow(RECIPES / f"{each}.md", copy)


def test_every_recipe_is_in_the_guide() -> None:
    guide = (ROOT / "CONTRIBUTING.md").read_text()
    for recipe in RECIPES.glob("*.md"):
        assert f"(docs/recipes/{recipe.name})" in guide

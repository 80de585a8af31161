"""What was released stays: ids are only appended, texts never change."""

import subprocess
from pathlib import Path

from twin_schemas import releases
from twin_schemas.avsc import SchemaSet, short_name
from twin_schemas.errors import InvalidSchema
from twin_schemas.layout import Layout


def findings(layout: Layout, schemas: SchemaSet, known: list[releases.Release], base: str) -> list[str]:
    """What is unreleased, missing or altered.

    Args:
        layout: the catalogue.
        schemas: its current schemas.
        known: its releases.
        base: the git revision whose releases must still be there; not looked at outside a checkout.
    """
    found = [
        f"{name}: not as it was released last; run python -m twin_schemas release"
        for name in releases.pending(schemas, known)
    ]
    current = {short_name(name) for name in schemas.records()}
    found += [
        f"{name}: its schema file is gone, but records of it may still be on a topic; restore it"
        for name in sorted({release.type for release in known} - current)
    ]
    expected = {release.file for release in known}
    present = {path.name for path in layout.released.glob("*")} if layout.released.is_dir() else set()
    found += [
        f"released/{name}: no id in ids.yaml names it; remove it" for name in sorted(present - expected)
    ]
    return found + _against(layout, known, base)


def _against(layout: Layout, known: list[releases.Release], base: str) -> list[str]:
    committed = _committed(layout.ids, base)
    if committed is None:
        return []
    try:
        before = releases.parse(committed)
    except InvalidSchema as error:
        return [f"{base}: {error}"]
    found: list[str] = []
    for old, new in zip(before, [*known, *[None] * len(before)], strict=False):
        if old != new:
            found.append(f"ids.yaml: id {old.id} was {old.line} in {base}; ids are append-only")
    for release in before:
        text = _committed(layout.released / release.file, base)
        path = layout.released / release.file
        if text is not None and (not path.exists() or path.read_text() != text):
            found.append(f"released/{release.file}: differs from {base}; restore it")
    return found


def _committed(path: Path, revision: str) -> str | None:
    """The text of a file in a git revision; None when there is no git, no revision or no such file in it."""
    if not path.parent.is_dir():
        return None
    command = ["git", "-C", str(path.parent), "show", f"{revision}:./{path.name}"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return done.stdout if done.returncode == 0 else None

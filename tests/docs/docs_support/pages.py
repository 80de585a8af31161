"""A page's headings and fenced blocks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"(?<!\\)\[[^\]]*\]\(<?([^)\s>]+)>?\)")


@dataclass(frozen=True, slots=True)
class Section:
    """The shell commands under one heading, after those that come before the first."""

    page: str
    title: str
    script: str

    def __str__(self) -> str:
        return f"{self.page}: {self.title}"


def sections(path: Path, level: str = "## ") -> list[Section]:
    """What a page asks the reader to type, heading by heading."""
    before, *parts = re.split(rf"^{level}(.+)$", path.read_text(), flags=re.MULTILINE)
    page = path.relative_to(ROOT).as_posix()
    found = [
        Section(page, title, commands(before) + commands(text))
        for title, text in zip(parts[::2], parts[1::2], strict=True)
        if commands(text)
    ]
    return found or [Section(page, "", commands(before))] * bool(commands(before))


def commands(text: str) -> str:
    """The content of all blocks of shell."""
    return "".join(block for language, block in _FENCE.findall(text) if language == "sh")


def languages(text: str) -> set[str]:
    """What its blocks say that they are; "" of one that says nothing."""
    return {language for language, _ in _FENCE.findall(text)}


def pages() -> list[Path]:
    """Every page that people read."""
    ours = [path for path in ROOT.rglob("*.md") if not {".venv", ".stack", ".git"} & set(path.parts)]
    return sorted(path for path in ours if path.relative_to(ROOT).parts[0] != "shared")


def without_code(text: str) -> str:
    """A page's prose."""
    return _FENCE.sub("", text)


def links(text: str) -> list[str]:
    """What a page links to within this repository."""
    found: list[str] = _LINK.findall(re.sub(r"`[^`\n]*`", "", without_code(text)))
    return [link for link in found if not re.match(r"[a-z][a-z+.-]*:", link)]

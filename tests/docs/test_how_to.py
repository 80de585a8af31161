"""Every command of the how-to pages, run as written on a running platform."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from docs_support.pages import DOCS, Section, languages, sections
from docs_support.running import reader, run
from platform_support.running import Platform

PAGES = sorted((DOCS / "how-to").glob("*.md"))


@pytest.mark.timeout(240)
@pytest.mark.parametrize("section", [part for page in PAGES for part in sections(page)], ids=str)
def test_what_a_page_says_works(arm: Platform, section: Section, tmp_path: Path) -> None:
    printed = run(section.script, tmp_path, reader(tmp_path, arm))
    if "subscribe" in section.page:
        lines = [line for line in printed.splitlines() if "/World/Arm/shoulder" in line]
        assert len(lines) == 5, printed
    elif "past" in section.page:
        assert "state digest" in printed and "differ" not in printed, printed
    elif "scale" in section.page:
        assert "→ 3" in printed and "sim-worker: 3 → 2" in printed, printed
    else:
        assert "Accepted" in printed or "CommandApplied" in printed, printed
        assert "Refused" not in printed


@pytest.mark.parametrize("page", [DOCS / "tutorial.md", *PAGES], ids=lambda page: page.name)
def test_every_block_says_whether_it_is_run(page: Path) -> None:
    assert languages(page.read_text()) <= {"sh", "console", "python", "java", "go"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_files_that_a_page_quotes_are_those_that_run(page: Path) -> None:
    sys.path.insert(0, str(DOCS))
    try:
        from quote import quoted
    finally:
        sys.path.pop(0)
    assert quoted(page.read_text()) == page.read_text(), "run: python docs/quote.py"

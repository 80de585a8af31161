"""Puts files into the pages that quote them: python docs/quote.py

A page quotes a file by `<!-- file: PATH -->` on the line before a fenced block.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_QUOTE = re.compile(r"(<!-- file: (\S+) -->\n```\w*\n)(.*?)(^```$)", re.DOTALL | re.MULTILINE)


def quoted(page: str) -> str:
    """The page with every quoted file as it is now."""
    return _QUOTE.sub(lambda found: found[1] + (ROOT / found[2]).read_text(encoding="utf-8") + found[4], page)


def main() -> None:
    """Bring every page up to date."""
    for path in sorted((ROOT / "docs").rglob("*.md")):
        page = path.read_text(encoding="utf-8")
        if (new := quoted(page)) != page:
            path.write_text(new, encoding="utf-8")
            sys.stdout.write(f"{path.relative_to(ROOT)}\n")


if __name__ == "__main__":
    main()

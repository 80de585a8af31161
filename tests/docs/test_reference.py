"""Pages that list what the code or another file has: nothing is missing, nothing is left over."""

from __future__ import annotations

import re
import sys

import yaml
from docs_support.pages import DOCS, ROOT, links


def test_the_settings_page_is_the_one_that_the_settings_give() -> None:
    sys.path.insert(0, str(DOCS))
    try:
        import settings
    finally:
        sys.path.pop(0)
    assert settings.PAGE.read_text() == settings.page(), "run: python docs/settings.py"


def test_the_operations_page_names_every_alert_with_its_severity() -> None:
    groups = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text())["groups"]
    rules = {rule["alert"]: rule["labels"]["severity"] for group in groups for rule in group["rules"]}
    rows = dict(
        re.findall(r"^\| `(\w+)` \| (page|ticket) \|", (DOCS / "operations.md").read_text(), re.MULTILINE)
    )
    assert rows == rules


def test_the_index_leads_to_every_page_and_service() -> None:
    index = {(DOCS / link.partition("#")[0]).resolve() for link in links((DOCS / "README.md").read_text())}
    written = {*DOCS.glob("*.md"), *DOCS.glob("how-to/*.md"), *ROOT.glob("services/*/README.md")}
    assert written - {DOCS / "README.md", DOCS / "plan.md"} <= index

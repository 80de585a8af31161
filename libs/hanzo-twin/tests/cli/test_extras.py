"""What isn't installed is left out; what is there and broken is told as it is."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from hanzo_twin import cli


def having(monkeypatch: pytest.MonkeyPatch, folder: Path, text: str) -> None:
    """A command whose module has this text."""
    (folder / "a_command.py").write_text(text)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, "a_command", raising=False)
    monkeypatch.setitem(cli.COMMANDS, "replay", "a_command:work")
    monkeypatch.setattr(sys, "argv", ["hanzo-twin", "replay"])


def test_a_command_whose_extra_is_not_installed_names_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    having(monkeypatch, tmp_path, "import what_nobody_has_installed\n")
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    assert "pip install 'hanzo-twin[bus]'" in capsys.readouterr().err


def test_a_broken_module_is_not_taken_for_a_missing_extra(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    having(monkeypatch, tmp_path, "from hanzo_twin.errors import what_is_not_there\n")
    with pytest.raises(ImportError, match="what_is_not_there"):
        cli.main()

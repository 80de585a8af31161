"""The maintainer's command on the real catalogue, and the whole gate on a broken one."""

import subprocess
import sys
import zipfile

from twin_schemas.__main__ import main
from twin_schemas.gate import run
from twin_schemas.generate import write
from twin_schemas.layout import layout


def test_the_committed_catalogue_passes_its_gate(capsys):
    status = main(["check"])
    assert (status, capsys.readouterr().out.splitlines()[1:]) == (0, [])


def test_all_findings_come_at_once(workspace):
    workspace.layout.records.parent.mkdir(parents=True)
    write(workspace.schemas(), workspace.layout.records)
    workspace.record("Reading", channel="string", values={"type": "array", "items": "double"})
    workspace.topic("sim.journal", owner="me")
    found = run.findings(workspace.layout, workspace.repository)
    beginnings = (
        "Frame: the current schema can't read",
        "Frame: not as it was released",
        "records/",
        "topics/sim.journal",
    )
    assert all(any(finding.startswith(beginning) for finding in found) for beginning in beginnings)


def test_a_schema_that_can_not_be_read_is_a_finding(workspace):
    (workspace.layout.avro / "Frame.avsc").write_text("{")
    (finding,) = run.findings(workspace.layout, workspace.repository)
    assert finding.startswith("Frame.avsc: not JSON")


def test_a_topic_that_can_not_be_read_is_a_finding(workspace):
    workspace.topic("sim.journal", retention=None)
    assert "topics/sim.journal.yaml: retention is missing" in run.findings(
        workspace.layout, workspace.repository
    )


def test_an_incompatible_change_is_not_released(workspace, monkeypatch, capsys):
    monkeypatch.setattr("twin_schemas.__main__.layout", lambda: workspace.layout)
    before = workspace.layout.ids.read_text()
    workspace.record("Reading", channel="string", values={"type": "array", "items": "double"})
    assert main(["release"]) == 1
    assert "readings[].channel" in capsys.readouterr().out
    assert workspace.layout.ids.read_text() == before


def test_a_compatible_change_is_released_once(workspace, monkeypatch, capsys):
    monkeypatch.setattr("twin_schemas.__main__.layout", lambda: workspace.layout)
    workspace.record(
        "Frame",
        tick="long",
        readings={"type": "array", "items": "hanzo.twin.Reading"},
        gap=("boolean", False),
    )
    assert main(["release"]) == 0
    assert capsys.readouterr().out == "id 3: Frame version 2\n"
    assert main(["release"]) == 0
    assert capsys.readouterr().out == ""


def test_a_built_wheel_carries_the_whole_catalogue(tmp_path):
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=layout().root, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    script = (
        "from twin_schemas import codec, examples, catalogue\n"
        "from twin_schemas.layout import layout\n"
        "record = examples.load('ObservationFrame')['full']\n"
        "assert codec.decode(codec.encode(record)) == record\n"
        "print(layout().root, catalogue.topic('sim.journal').partitions)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": str(tmp_path / "site")},
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == [str(tmp_path / "site" / "twin_schemas" / "data"), "12"]

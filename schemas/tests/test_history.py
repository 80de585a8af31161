"""Released ids and texts stay what they were."""

import pytest

from twin_schemas import releases
from twin_schemas.errors import InvalidSchema
from twin_schemas.gate import compatibility, history


def findings(workspace, base="HEAD"):
    return history.findings(workspace.layout, workspace.schemas(), workspace.known(), base)


def test_a_released_and_committed_catalogue_passes(workspace):
    workspace.commit()
    assert findings(workspace) == []


def test_outside_git_the_fingerprints_still_count(workspace):
    assert findings(workspace) == []


def test_a_changed_schema_must_be_released(workspace):
    workspace.record(
        "Frame",
        tick="long",
        readings={"type": "array", "items": "hanzo.twin.Reading"},
        gap=("boolean", False),
    )
    (finding,) = findings(workspace)
    assert finding.startswith("Frame: not as it was released last")
    assert [release.line for release in workspace.release()] == [workspace.known()[-1].line]
    assert findings(workspace) == []
    assert workspace.known()[-1].version == 2


def test_a_changed_part_gives_every_type_that_holds_it_a_new_version(workspace):
    workspace.record(
        "Reading", channel="int", values={"type": "array", "items": "double"}, note=("string", "")
    )
    assert {release.type for release in workspace.release()} == {"Frame", "Reading"}


def test_an_id_given_another_meaning_is_found(workspace):
    workspace.commit()
    lines = workspace.layout.ids.read_text().splitlines()
    swapped = [lines[0], lines[2].replace("id: 2", "id: 1"), lines[1].replace("id: 1", "id: 2")]
    workspace.layout.ids.write_text("\n".join(swapped) + "\n")
    assert [finding.split(" was ")[0] for finding in findings(workspace)] == [
        "ids.yaml: id 1",
        "ids.yaml: id 2",
    ]


def test_a_removed_id_is_found(workspace):
    workspace.commit()
    workspace.layout.ids.write_text("\n".join(workspace.layout.ids.read_text().splitlines()[:-1]) + "\n")
    assert any(finding.startswith("ids.yaml: id 2 was ") for finding in findings(workspace))


def test_an_altered_release_is_found_by_its_fingerprint(workspace):
    path = workspace.layout.released / "Frame.1.avsc"
    path.write_text(path.read_text().replace("long", "int"))
    found = compatibility.findings(workspace.layout, workspace.known(), workspace.current())
    assert any(
        "released/Frame.1.avsc: not the text that was released as id 1" in finding for finding in found
    )


def test_a_reworded_release_is_found_by_git(workspace):
    workspace.commit()
    path = workspace.layout.released / "Frame.1.avsc"
    path.write_text(path.read_text().replace("A Frame.", "Another text."))
    assert findings(workspace) == ["released/Frame.1.avsc: differs from HEAD; restore it"]


def test_a_release_may_be_compared_with_another_revision(workspace):
    workspace.commit()
    path = workspace.layout.released / "Frame.1.avsc"
    path.write_text(path.read_text().replace("A Frame.", "Another text."))
    workspace.commit()
    assert findings(workspace) == []
    assert findings(workspace, "HEAD~1") == ["released/Frame.1.avsc: differs from HEAD~1; restore it"]


def test_a_released_type_can_not_vanish(workspace):
    (workspace.layout.avro / "Frame.avsc").unlink()
    assert any(finding.startswith("Frame: its schema file is gone") for finding in findings(workspace))


def test_a_stray_file_among_the_releases_is_found(workspace):
    (workspace.layout.released / "Frame.7.avsc").write_text("{}")
    assert findings(workspace) == ["released/Frame.7.avsc: no id in ids.yaml names it; remove it"]


@pytest.mark.parametrize(
    "line",
    [
        "- {id: 3, type: Frame, version: 1, sha256: " + "0" * 64 + "}",
        "- {id: 4, type: Frame, version: 2, sha256: " + "0" * 64 + "}",
        "- {id: 3, type: Frame, version: 2, sha256: abc}",
        "Frame: 3",
    ],
)
def test_a_list_of_ids_that_does_not_count_up_is_refused_by_line(workspace, line):
    text = workspace.layout.ids.read_text() + line + "\n"
    with pytest.raises(InvalidSchema, match=r"ids\.yaml line 4"):
        releases.parse(text)

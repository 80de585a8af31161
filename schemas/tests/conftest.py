"""A small catalogue of its own for tests that break one."""

import json
import subprocess
from pathlib import Path

import pytest

from twin_schemas import avsc, releases
from twin_schemas.layout import Layout


class Workspace:
    """A catalogue in a temporary checkout, with helpers to change it."""

    def __init__(self, repository: Path) -> None:
        self.repository = repository
        self.layout = Layout(repository / "schemas")
        self.layout.avro.mkdir(parents=True)
        self.layout.topics.mkdir()

    def record(self, name, **fields):
        """Write a record schema; a field's value is its type, or (type, default)."""
        written = []
        for field, kind in fields.items():
            default = {"default": kind[1]} if isinstance(kind, tuple) else {}
            written.append(
                {"name": field, "type": kind[0] if default else kind, "doc": f"The {field}.", **default}
            )
        self.write({"type": "record", "name": name, "doc": f"A {name}.", "fields": written})

    def write(self, schema):
        path = self.layout.avro / f"{schema['name']}.avsc"
        path.write_text(json.dumps({"namespace": "hanzo.twin", **schema}))

    def topic(self, name, **changes):
        content = {
            "description": "Test.",
            "owner": "sync-engine",
            "key": "twin id",
            "partitions": 1,
            "retention": {"days": 1},
            "producers": ["sync-engine"],
            "consumers": ["sim-worker"],
            "types": ["Frame"],
            **changes,
        }
        kept = {key: value for key, value in content.items() if value is not None}
        (self.layout.topics / f"{name}.yaml").write_text(json.dumps(kept))  # JSON is YAML

    def schemas(self):
        return avsc.load(self.layout.avro)

    def current(self):
        schemas = self.schemas()
        return {avsc.short_name(name): schemas.self_contained(name) for name in schemas.records()}

    def known(self):
        return releases.load(self.layout.ids)

    def release(self):
        return releases.append(self.layout, releases.pending(self.schemas(), self.known()))

    def git(self, *arguments):
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
        subprocess.run(
            ["git", "-C", str(self.repository), *identity, *arguments], check=True, capture_output=True
        )

    def commit(self):
        if not (self.repository / ".git").exists():
            self.git("init", "-q")
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "state")


@pytest.fixture
def workspace(tmp_path):
    """A checkout with the types Frame and Reading, released once."""
    made = Workspace(tmp_path)
    made.record("Reading", channel="int", values={"type": "array", "items": "double"})
    made.record("Frame", tick="long", readings={"type": "array", "items": "hanzo.twin.Reading"})
    made.topic("sim.journal")
    made.topic("_public", pattern="<twin-name>")
    made.release()
    return made

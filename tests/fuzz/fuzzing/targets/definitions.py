"""Twin definitions: YAML from text to a checked twin, and through JSON to the same twin again."""

from __future__ import annotations

import json
import random
from pathlib import Path

import yaml

from fuzzing.target import ACCEPTED
from fuzzing.values import reshaped
from twin_common.definition import TwinDefinition, parse_twin
from twin_common.errors import DefinitionError

_ROOT = Path(__file__).parents[4]
_MORE = """\
name: everything
scene: {uri: 'scene:arm@3'}
engine: {type: mujoco, config: {step_hz: 240, substeps: 2}}
sync:
  mode: realtime
  rate_hz: 0.5
  frame_wait_ms: 5
  sources:
    - {type: mqtt, broker: 'mqtt://127.0.0.1', topic: 'a/+/#', mapping: {a: /World/arm.position}}
  publish: [{type: mqtt, topic: b/out}]
"""


class Definitions:
    """Files of twins."""

    name = "yaml"
    per_process = 1_000_000
    contained = False
    watched = ("twin_common/definition", "twin_common/yaml_lines", "yaml/")
    words = (
        b"&a ", b"*a", b"<<: *a", b"!!python/object:os.system ", b"!!binary ", b"!!set ", b"? ", b"- ", b"--- \n",
        b"...\n",
        b"|\n", b">-\n", b"%YAML 1.1\n", b"%TAG ! tag:a\n", b"\xef\xbb\xbf", b"\xff\xfe", b"\t", b"0o17",
        b"1:30:45", b".inf",
        b".nan", b"~", b"yes", b"2026-01-01", b"'", b'"\\x00"', b'"\\ud800"', b"\xe2\x80\xa8", b"{", b"[",
        b"sync:", b"name:",
        b"rate_hz: ", b"mapping: ", b"0b1", b"!", b"!<tag:yaml.org,2002:int> ", b"=",
    )  # fmt: skip

    def seeds(self) -> list[bytes]:
        return [
            _MORE.encode(),
            *(path.read_bytes() for path in sorted((_ROOT / "examples").glob("*/twin.yaml"))),
        ]

    def shaped(self, rng: random.Random, seed: bytes) -> bytes:
        """The document with hostile values, written as JSON, which is YAML, or as people write YAML."""
        value = reshaped(rng, yaml.safe_load(seed))
        if rng.random() < 0.5:
            return json.dumps(value).encode()
        text: str = yaml.safe_dump(
            value, allow_unicode=True, default_flow_style=rng.choice((None, True, False))
        )
        return text.encode(errors="surrogatepass")

    def run(self, data: bytes) -> str:
        try:
            text = data.decode()
        except UnicodeDecodeError:
            return "not_utf8"
        try:
            twin = parse_twin(text)
        except DefinitionError as error:
            return "_".join(error.problems[0][1].split()[:3]) if error.problems else "refused"
        assert TwinDefinition.model_validate_json(twin.model_dump_json()) == twin
        return ACCEPTED

    def close(self) -> None: ...


def target() -> Definitions:
    """It."""
    return Definitions()

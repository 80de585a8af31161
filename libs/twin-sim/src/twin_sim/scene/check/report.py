"""A whole check of one scene file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from twin_sim.errors import SceneError
from twin_sim.scene.check.crates import check_crates
from twin_sim.scene.check.engine import check_engine
from twin_sim.scene.check.finding import Finding, Severity
from twin_sim.scene.check.references import check_layers, check_references
from twin_sim.scene.model import SceneModel
from twin_sim.scene.usd.read import read_stage
from twin_sim.scene.usd.stage import opened, understood


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found.

    Attributes:
        model_digest: of the compiled scene model; None: there is none.
        findings: errors first.
    """

    model_digest: str | None
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether it can be simulated."""
        return self.model_digest is not None and not any(found.is_error for found in self.findings)

    def to_json(self) -> str:
        """One object: ok, model_digest, findings."""
        findings = [asdict(found) for found in self.findings]
        return json.dumps({"ok": self.ok, "model_digest": self.model_digest, "findings": findings})


def check(file: Path, *, engine: str | None = None, model: Path | None = None) -> Report:
    """Check a scene file.

    Args:
        file: alone in its folder, so that nothing else can be taken for a part of it.
        engine: also check it on this engine.
        model: write the canonical JSON of the scene model there.
    """
    try:
        check_crates(file)
        with understood("its references can't be read"):
            found = check_references(file)
        if any(finding.is_error for finding in found):
            return _report(None, found)
        scene = read_stage(file)
        with opened(file) as stage, understood("its layers can't be read"):
            found += check_layers(file, stage.GetUsedLayers())
        found += [Finding.of_warning(warning) for warning in scene.warnings]
        if engine is not None:
            found += check_engine(scene, engine)
    except SceneError as error:
        return _report(None, [Finding.of_error(error, "invalid_scene")])
    except MemoryError:
        return _report(None, [_too_heavy()])
    return _report(_kept(scene, model), found)


def _kept(scene: SceneModel, model: Path | None) -> str:
    if model is not None:
        model.write_text(scene.to_json(), encoding="utf-8")
    return scene.digest()


def _report(digest: str | None, found: Sequence[Finding]) -> Report:
    return Report(digest, tuple(sorted(found, key=lambda finding: not finding.is_error)))


def _too_heavy() -> Finding:
    return Finding(
        Severity.ERROR,
        "too_heavy",
        "",
        "reading it takes more memory than is allowed",
        "Split or simplify it.",
    )

"""Draws a soak."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

from matplotlib import pyplot as plt
from soaking.mishaps import Mishap
from soaking.sampling import Sample

_TOPICS = 6


def draw(path: Path, title: str, samples: Sequence[Sample], faults: Sequence[Mishap]) -> None:
    """Memory, topic sizes, latency and age of checkpoints over time, one above the other; faults as grey lines."""
    minutes = [each.at_s / 60 for each in samples]
    figure, (top, second, third, last) = plt.subplots(4, 1, figsize=(9, 11), sharex=True)
    for part in sorted({name for each in samples for name in each.memory_mb}):
        top.plot(minutes, [each.memory_mb.get(part, float("nan")) for each in samples], label=part)
    top.set_ylabel("resident memory, MB")
    ends = samples[-1].topics_mb
    for name in sorted(ends, key=lambda name: -ends[name])[:_TOPICS]:
        label = name.removeprefix("hanzo.twin.")
        second.plot(minutes, [each.topics_mb.get(name, 0.0) for each in samples], label=label)
    second.set_ylabel("topics on disk, MB")
    third.plot(minutes, [each.p50_ms or float("nan") for each in samples], label="p50")
    third.plot(minutes, [each.p99_ms or float("nan") for each in samples], label="p99")
    third.set_yscale("log")
    third.set_ylabel("sync latency, ms")
    last.plot(minutes, [each.checkpoint_age_s for each in samples], label="oldest newest checkpoint")
    last.set_ylabel("age, s")
    last.set_xlabel("minutes")
    for axes in (top, second, third, last):
        for each in faults:
            axes.axvline(each.at_s / 60, color="0.85", linewidth=0.8, zorder=0)
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=7)
        axes.grid(alpha=0.3)
    top.set_title(title)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)

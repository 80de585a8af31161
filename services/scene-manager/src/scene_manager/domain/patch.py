"""Changing a definition: what a merge patch makes of it, where two differ, and what can act at once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from twin_common.yaml_lines import Path, show_path

Values = dict[str, Any]

LIVE: Final[tuple[tuple[str, ...], ...]] = (
    ("tags",),
    ("metadata",),
    ("domain_randomization",),
    ("sync", "publish"),
    ("sync", "latency_budget_ms"),
    ("sync", "drift_detection"),
    ("sync", "assimilation"),
    ("sync", "horizon"),
    ("sync", "buffer_size"),
    ("sync", "reconnect_backoff_ms"),
)
"""What a running twin can take; everything else acts after a restart."""

_WHOLE: Final[tuple[Path, ...]] = (("metadata",),)  # whose inside is the user's own, however big


def merged(target: Any, patch: Any) -> Any:
    """What a JSON merge patch (RFC 7396) makes of a value; neither is changed."""
    if not isinstance(patch, Mapping):
        return patch
    result: Values = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


def differences(before: Values, after: Values) -> tuple[str, ...]:
    """The paths in which two definitions differ, in order; lists differ as a whole."""
    return tuple(sorted(show_path(path) for path in _differing(before, after, ())))


def with_live(active: Values, wanted: Values) -> Values:
    """The active definition with those parts of the wanted one that a running twin can take."""
    result = {**active, "sync": dict(active["sync"])}
    for path in LIVE:
        source, into = wanted, result
        for step in path[:-1]:
            source, into = source[step], into[step]
        into[path[-1]] = source[path[-1]]
    return result


def _differing(before: Any, after: Any, path: Path) -> Iterator[Path]:
    inside = isinstance(before, Mapping) and isinstance(after, Mapping) and path not in _WHOLE
    if not inside:
        if _text(before) != _text(after):
            yield path
        return
    for name in [*before, *(name for name in after if name not in before)]:
        if name in before and name in after:
            yield from _differing(before[name], after[name], (*path, name))
        else:
            yield (*path, name)


def _text(value: Any) -> str:
    """Equal for equal JSON only: to Python, 1 equals true."""
    return json.dumps(value, sort_keys=True)

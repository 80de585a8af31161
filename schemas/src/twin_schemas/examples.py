"""Example payloads: at least minimal, full and edge of every record type.

They are part of the contract: whoever consumes a topic runs every example of its types through the real
handler.
"""

import json
from pathlib import Path

from twin_schemas.errors import InvalidExample
from twin_schemas.jsonform import from_json
from twin_schemas.layout import layout
from twin_schemas.record import Record

# minimal: optional fields left out; full: all fields as in daily life; edge: extreme values that are legal.
KINDS = ("minimal", "full", "edge")


def load(type_name: str, folder: Path | None = None) -> dict[str, Record]:
    """The examples of a record type, by file name without ``.json``.

    Args:
        type_name: short record type name, as ``ObservationFrame``.
        folder: the examples folder; the catalogue's own when None.

    Raises:
        InvalidExample: none there, not JSON, or not of this type; the error names file and field.
    """
    paths = sorted(((folder or layout().examples) / type_name).glob("*.json"))
    if not paths:
        raise InvalidExample(f"examples/{type_name}: no examples; every record type has {', '.join(KINDS)}")
    return {path.stem: _read(type_name, path) for path in paths}


def _read(type_name: str, path: Path) -> Record:
    try:
        return from_json(type_name, json.loads(path.read_text()))
    except ValueError as error:  # InvalidExample is one, too
        raise InvalidExample(f"examples/{type_name}/{path.name}: {error}") from error

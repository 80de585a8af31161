"""Generated code and examples fit the schemas."""

from twin_schemas import examples, jsonform
from twin_schemas.avsc import SchemaSet, short_name
from twin_schemas.errors import InvalidExample, InvalidSchema
from twin_schemas.generate import generated
from twin_schemas.layout import Layout
from twin_schemas.records import RECORD_TYPES


def findings(layout: Layout, schemas: SchemaSet) -> list[str]:
    """What is out of date in the generated package, then what is missing or wrong among the examples."""
    try:
        texts = generated(schemas)
    except InvalidSchema as error:
        return [str(error)]
    here = {path.name: path.read_text() for path in layout.records.glob("*.py")}
    stale = sorted(name for name in {*texts, *here} if texts.get(name) != here.get(name))
    if stale:
        return [f"records/{', '.join(stale)}: out of date; run python -m twin_schemas generate"]
    return _examples(layout, schemas)


def _examples(layout: Layout, schemas: SchemaSet) -> list[str]:
    found: list[str] = []
    names = {short_name(name) for name in schemas.records()}
    for name in sorted(names & set(RECORD_TYPES)):
        try:
            loaded = examples.load(name, layout.examples)
        except InvalidExample as error:
            found.append(str(error))
            continue
        found += [f"examples/{name}: {kind}.json is missing" for kind in examples.KINDS if kind not in loaded]
        found += [
            f"examples/{name}/{kind}.json: not the same after a round trip through JSON"
            for kind, record in loaded.items()
            if jsonform.to_json(jsonform.from_json(name, jsonform.to_json(record)))
            != jsonform.to_json(record)
        ]
    if layout.examples.is_dir():
        found += [
            f"examples/{path.name}: no such record type"
            for path in layout.examples.iterdir()
            if path.name not in names
        ]
    return found

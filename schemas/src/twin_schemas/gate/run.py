"""All checks over one catalogue."""

from pathlib import Path

from twin_schemas import avsc, releases, topics
from twin_schemas.avsc import short_name
from twin_schemas.errors import InvalidSchema, InvalidTopic
from twin_schemas.gate import compatibility, generated, history, lint, schemas, usage
from twin_schemas.layout import Layout


def findings(layout: Layout, repository: Path | None, base: str = "HEAD") -> list[str]:
    """Everything that is wrong with a catalogue and with the use of it.

    Args:
        layout: the catalogue.
        repository: the checkout whose code uses it; None: the code isn't looked at.
        base: the git revision whose releases must still be there.
    """
    try:
        current = avsc.load(layout.avro)
        known = releases.load(layout.ids)
    except InvalidSchema as error:
        return [str(error)]
    found = schemas.findings(current)
    if found:
        return found  # the rest would say the same again, less clearly
    try:
        contents = {short_name(name): current.self_contained(name) for name in current.records()}
    except InvalidSchema as error:
        return [str(error)]
    found += compatibility.findings(layout, known, contents)
    found += history.findings(layout, current, known, base)
    found += generated.findings(layout, current)
    try:
        declared = topics.load(layout.topics)
    except InvalidTopic as error:
        return [*found, str(error)]
    found += lint.findings(declared, current)
    return found + (usage.findings(repository, declared) if repository is not None else [])

"""Definitions that can be run here."""

from __future__ import annotations

from dataclasses import dataclass

from scene_manager.domain.engines import EnginePolicy
from scene_manager.domain.identity import check_twin_name
from scene_manager.errors import Refused
from scene_manager.handlers.brokers import check_brokers
from twin_common.definition import TwinDefinition, check_twin
from twin_common.errors import DefinitionError
from twin_common.yaml_lines import Document, YamlError, parse_yaml, show_path

MAX_DEFINITION_BYTES = 512_000
"""A spec has to fit into a Kafka record (1 MB by default) with room for everything else in it."""


@dataclass(frozen=True, slots=True)
class Definitions:
    """What the deployment allows in a definition.

    Attributes:
        engines: that can be had.
        encrypted: whether a definition's brokers may be anywhere and are spoken to through TLS; otherwise all have to
            be on this machine.
    """

    engines: EnginePolicy
    encrypted: bool

    def read(self, text: str, org: str) -> tuple[TwinDefinition, str]:
        """The definition of a YAML text, and its canonical JSON; see `check`."""
        try:
            document = parse_yaml(text)
        except YamlError as error:
            field = show_path(error.path)
            message = f"twin.yaml: {field}{': ' if field else ''}{error.message}"
            raise Refused("invalid_definition", message, field=field or None, line=error.line) from error
        return self.check(document, org, in_file=True)

    def check(self, document: Document, org: str, *, in_file: bool = False) -> tuple[TwinDefinition, str]:
        """A definition that an organisation may run, and its canonical JSON.

        Args:
            document: its values.
            org: the organisation.
            in_file: whether it was written as a file, so that lines mean something to its author.

        Raises:
            Refused: it is wrong, too large, another organisation's, or asks for what isn't to be had here.
        """
        try:
            definition = check_twin(document)
        except DefinitionError as error:
            raise self._refusal(error, in_file) from error
        check_twin_name(definition.name)
        self.engines.check(definition.engine.type.value)
        text = _canonical(definition)
        if definition.organization not in (None, org):
            raise Refused(
                "wrong_organization",
                f"the definition is for organization {definition.organization!r}, you act for {org!r}; "
                "leave `organization` out",
                field="organization",
            )
        check_brokers(definition, document, encrypted=self.encrypted)
        return definition, text

    def _refusal(self, error: DefinitionError, in_file: bool) -> Refused:
        """The first thing that is wrong, with all of them in the message."""
        field, _, line = error.problems[0] if error.problems else (None, "", None)
        if field == "engine.type":
            others = DefinitionError("", error.problems[1:]).without_places
            text = f"engine.type: names no engine that is here; {self.engines.available}"
            return Refused("unknown_engine", f"{text}; {others}" if others else text, field=field, line=line)
        message = str(error) if in_file else error.without_places
        return Refused("invalid_definition", message, field=field or None, line=line)


def _canonical(definition: TwinDefinition) -> str:
    text = definition.canonical_json()
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        raise Refused("invalid_definition", f"the definition has text that isn't Unicode: {error}") from error
    if size > MAX_DEFINITION_BYTES:
        raise Refused(
            "definition_too_large",
            f"the definition has {size} bytes as JSON; shorten it to {MAX_DEFINITION_BYTES}",
        )
    return text

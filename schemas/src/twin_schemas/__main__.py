"""``python -m twin_schemas check|generate|release|topology|register``: the maintainer's tool of the catalogue."""

import argparse
import sys
from collections.abc import Sequence

from twin_schemas import avsc, registry, releases, topology
from twin_schemas.errors import SchemaError
from twin_schemas.gate import compatibility, run
from twin_schemas.generate import write
from twin_schemas.layout import layout


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is 0 when all is well, 1 with findings."""
    parser = argparse.ArgumentParser(prog="python -m twin_schemas", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser(
        "check", help="print everything that is wrong with schemas, topics and their use"
    )
    check.add_argument(
        "--against", default="HEAD", help="git revision whose releases must still be there (default: HEAD)"
    )
    commands.add_parser("generate", help="write twin_schemas.records from the schemas")
    commands.add_parser(
        "release", help="give every changed schema its next version and id, if old and new fit together"
    )
    commands.add_parser("topology", help="draw docs/topology.md from the topics")
    register = commands.add_parser("register", help="put every release into an external schema registry")
    register.add_argument("url", help="the registry's address, such as http://127.0.0.1:8081")
    options = parser.parse_args(arguments)
    try:
        if options.command == "check":
            return _check(options.against)
        if options.command == "register":
            _say(f"{registry.register(options.url)} releases are at {options.url}")
            return 0
        if options.command == "topology":
            _say(f"drawn: {topology.write()}")
            return 0
        return _generate() if options.command == "generate" else _release()
    except SchemaError as error:
        sys.stderr.write(f"{error}\n")
        return 1


def _check(base: str) -> int:
    files = layout()
    found = run.findings(files, files.root.parent, base)
    _say(*found)
    _say(
        f"{len(found)} findings"
        if found
        else f"schemas: {len(releases.load(files.ids))} releases, nothing wrong"
    )
    return 1 if found else 0


def _generate() -> int:
    changed = write(avsc.load(layout().avro), layout().records)
    _say(*(f"records/{name}" for name in changed))
    return 0


def _release() -> int:
    files = layout()
    known = releases.load(files.ids)
    changed = releases.pending(avsc.load(files.avro), known)
    found = compatibility.findings(files, known, changed)
    if not found and changed:
        _say(*(f"id {new.id}: {new.type} version {new.version}" for new in releases.append(files, changed)))
    _say(*found)
    return 1 if found else 0


def _say(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))


if __name__ == "__main__":
    sys.exit(main())

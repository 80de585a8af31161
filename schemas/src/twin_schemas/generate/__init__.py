"""The generator of ``twin_schemas.records``: schema definitions in, Python modules out."""

from twin_schemas.generate.package import generated, write

__all__ = ["generated", "write"]

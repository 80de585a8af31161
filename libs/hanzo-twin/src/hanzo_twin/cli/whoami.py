"""`hanzo-twin whoami`: who one is for the API, and what one may do."""

from __future__ import annotations

import json

from rich.console import RenderableType

from hanzo_twin.cli.arguments import AsJson, Profile
from hanzo_twin.cli.reach import api
from hanzo_twin.cli.shown import pairs, show


def whoami(profile: Profile = None, as_json: AsJson = False) -> None:
    """Show who you are for the API, and what you may do."""
    with api(profile, as_json=as_json) as client:

        def ask() -> tuple[object, RenderableType]:
            found = client.whoami()
            told = {"actor": found.actor, "organization": found.organization, "role": found.role}
            return json.loads(found.model_dump_json()), pairs(**told, may=", ".join(found.permissions))

        show(ask, as_json=as_json, watch=False)

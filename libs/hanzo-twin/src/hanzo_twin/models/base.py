"""What every answer of the API has in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """An answer of the API: frozen; fields that a newer service sends are kept under their names."""

    model_config = ConfigDict(frozen=True, extra="allow", ser_json_inf_nan="strings")

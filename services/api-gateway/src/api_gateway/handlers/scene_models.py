"""Bodies and answers about scenes, as OpenAPI describes them."""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import BaseModel, Field

from api_gateway.handlers.models import Body, Time

DIGEST: Final = r"^[0-9a-f]{64}$"
NAME: Final = r"^[a-z0-9][a-z0-9._-]{0,62}$"


class UseView(BaseModel):
    """A file of a scene that is a version of another scene."""

    path: str
    scene: str
    version: int
    digest: str


class SceneVersionFields(BaseModel):
    """An immutable version."""

    version: int
    digest: str = Field(description="sha256 of the file.")
    file: str
    size: int
    created_at: Time
    created_by: str
    note: str
    uses: list[UseView]
    model_digest: str | None = Field(
        description="Of the compiled scene model: the same however a scene is encoded."
    )
    compiled: str | None = Field(description="sha256 of the compiled scene model.")
    parent: int | None = Field(description="The version before it.")
    warnings: list[str] = Field(description="What a simulation leaves out.")


class SceneVersionView(SceneVersionFields):
    """A version with the scene that it is one of."""

    id: str
    name: str
    organization: str


class ProposalView(BaseModel):
    """A version that suggests itself, since something that it uses has a newer version."""

    id: str
    base: int
    uses: list[UseView]
    created_at: Time
    created_by: str
    note: str


class SceneSummary(BaseModel):
    """A scene in a list."""

    id: str
    name: str
    organization: str
    latest: int
    versions: int
    updated_at: Time


class ScenePage(BaseModel):
    """Some of the scenes, in the order of their names."""

    items: list[SceneSummary]
    next_cursor: str | None = Field(description="For the next page; null: this was the last.")


class SceneView(BaseModel):
    """A scene with its versions, newest first."""

    id: str
    name: str
    organization: str
    latest: int
    versions: list[SceneVersionFields]
    proposals: list[ProposalView]


class FindingView(BaseModel):
    """Something that a check found."""

    severity: Literal["error", "warning", "info"]
    code: str
    path: str = Field(description="USD path of the prim; empty: the file.")
    message: str
    remedy: str


class ValidationView(BaseModel):
    """What a check of a version on an engine found, errors first."""

    ok: bool
    version: int
    engine: str
    findings: list[FindingView]


class DownloadView(BaseModel):
    """A link that works for a while."""

    url: str
    expires_at: Time
    digest: str
    file: str
    size: int


class UploadView(BaseModel):
    """Where to PUT the file, with these headers."""

    url: str
    method: Literal["PUT"]
    headers: dict[str, str]
    expires_at: Time


class Announced(Body):
    """A file that will be uploaded."""

    digest: str = Field(pattern=DIGEST, description="sha256 of the file, in hex.")
    size: int = Field(ge=1, le=2**40, description="Its bytes.")


class Uploaded(Body):
    """A file that was uploaded to a presigned URL, and becomes a version."""

    name: str = Field(pattern=NAME, description="Scene name.")
    digest: str = Field(pattern=DIGEST)
    file: str = Field(min_length=1, max_length=255, description="File name with its suffix.")
    size: int = Field(ge=1, le=2**40)
    note: str = Field(default="", max_length=2000)
    root: str | None = Field(default=None, max_length=1024, description="The layer to open, for archives.")
    uses: dict[str, str] = Field(default_factory=dict, description="Path inside: `scene@version`.")


class Validate(Body):
    """What to check against."""

    engine: str = Field(min_length=1, max_length=100)
    version: int | None = Field(default=None, ge=1, le=2**31 - 1, description="The newest if unset.")


class Decide(Body):
    """What becomes of a proposal."""

    accept: bool
    note: str = Field(default="", max_length=2000)


_AT = "2026-11-21T12:20:26.123456Z"
_ID = "0197a3d2-6d2f-7000-9b5c-4e3f2d1c0b99"
_VERSION: Final[dict[str, Any]] = {
    "version": 1,
    "digest": "9f" * 32,
    "file": "arm.usda",
    "size": 4217,
    "created_at": _AT,
    "created_by": "ada",
    "note": "as measured",
    "uses": [],
    "model_digest": "3c" * 32,
    "compiled": "3c" * 32,
    "parent": None,
    "warnings": [],
}
_NAMED: Final[dict[str, Any]] = {"id": _ID, "name": "arm", "organization": "local"}

VERSION: Final = {**_NAMED, **_VERSION}
SCENE: Final = {**_NAMED, "latest": 1, "versions": [_VERSION], "proposals": []}
PAGE: Final = {"items": [{**_NAMED, "latest": 1, "versions": 1, "updated_at": _AT}], "next_cursor": None}
VALIDATION: Final = {
    "ok": True,
    "version": 1,
    "engine": "mujoco",
    "findings": [
        {
            "severity": "warning",
            "code": "no_restitution",
            "path": "/World/Rubber",
            "message": "MuJoCo's contacts don't bounce",
            "remedy": "",
        }
    ],
}
DOWNLOAD: Final = {
    "url": "https://storage.example/hanzo-twin-scenes/sha256/9f/…?X-Amz-Signature=…",
    "expires_at": _AT,
    "digest": "9f" * 32,
    "file": "arm.usda",
    "size": 4217,
}
UPLOAD: Final = {
    "url": "https://storage.example/hanzo-twin-scenes/uploads/local/9f…?X-Amz-Signature=…",
    "method": "PUT",
    "headers": {"x-amz-checksum-sha256": "n5+f…=", "Content-Length": "4217"},
    "expires_at": _AT,
}
UPLOADED: Final = {"name": "arm", "digest": "9f" * 32, "file": "arm.zip", "size": 4217, "note": "as measured"}

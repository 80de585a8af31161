"""Scenes, their immutable versions, and what is said of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from hanzo_twin.models.base import Model


class SceneVersion(Model):
    """One immutable version of a scene.

    Attributes:
        version: counts from 1.
        digest: sha256 of the stored file or archive.
        file: root USD file.
        size: bytes.
        created_at, created_by, note: when, who, why.
        uses: versions of other scenes that it refers to, as stated at the upload.
        model_digest: of the compiled model.
        compiled: digest of the blob with the compiled model.
        parent: version that it was made from.
        warnings: what an engine may not represent.
    """

    version: int
    digest: str = ""
    file: str = ""
    size: int = 0
    created_at: datetime | None = None
    created_by: str | None = None
    note: str | None = None
    uses: Sequence[Mapping[str, Any]] = ()
    model_digest: str | None = None
    compiled: str | bool | None = None
    parent: int | None = None
    warnings: tuple[str, ...] = ()


class UploadedScene(SceneVersion):
    """The version that an upload made, or found.

    Attributes:
        id: of the scene.
        name: of the scene.
    """

    id: str = ""
    name: str


class SceneProposal(Model):
    """A proposed new version: a scene that it uses has one.

    Attributes:
        id: of the proposal.
        base: version it starts from.
        uses: the versions it would use.
        created_at, created_by, note: when, who, why.
    """

    id: str
    base: int = 0
    uses: Sequence[Mapping[str, Any]] = ()
    created_at: datetime | None = None
    created_by: str | None = None
    note: str | None = None


class SceneSummary(Model):
    """A scene in a list.

    Attributes:
        id, name, organization: which.
        latest: newest version.
        versions: how many there are.
        updated_at: when the newest was made.
    """

    id: str
    name: str
    organization: str = ""
    latest: int | None = None
    versions: int = 0
    updated_at: datetime | None = None


class Scene(Model):
    """A scene with all its versions.

    Attributes:
        id, name, organization: which.
        latest: newest version.
        versions: all of them.
        proposals: not yet decided.
    """

    id: str
    name: str
    organization: str = ""
    latest: int | None = None
    versions: tuple[SceneVersion, ...] = ()
    proposals: tuple[SceneProposal, ...] = ()


class Finding(Model):
    """What validation found.

    Attributes:
        severity: error or warning.
        code: short, stable, machine-readable.
        path: USD path concerned.
        message: what is wrong.
        remedy: what to do.
    """

    severity: str
    code: str = ""
    path: str = ""
    message: str = ""
    remedy: str = ""


class Validation(Model):
    """Whether an engine can run a scene version, and what it can't represent."""

    ok: bool
    version: int = 0
    engine: str = ""
    findings: tuple[Finding, ...] = ()


class Download(Model):
    """A link to a scene's bytes.

    Attributes:
        url: presigned; whoever has it can read.
        expires_at: until when.
        digest: sha256 of the bytes.
        file: name for them.
        size: bytes.
    """

    url: str
    expires_at: datetime | None = None
    digest: str = ""
    file: str = ""
    size: int = 0


class UploadTicket(Model):
    """Where a big scene is put before it is registered.

    Attributes:
        url: presigned.
        method: of the request that puts it.
        headers: that this request must have.
        expires_at: until when.
    """

    url: str
    method: str = "PUT"
    headers: Mapping[str, str] = {}
    expires_at: datetime | None = None

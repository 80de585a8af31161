"""A gateway and a scene manager on one bus in memory, with real object storage and the real check of scenes."""

import asyncio
import io
import tarfile
import tempfile
import zipfile
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from api_gateway.bootstrap import build
from scene_manager.bootstrap import Service, files_of
from scene_manager.testing import MemoryOutbox, MemoryWork, Store
from twin_common.blobs import S3Blobs
from twin_common.bus.topics import create_topics
from twin_common.settings import Settings
from twin_schemas.catalogue import catalogue

HEAD = '#usda 1.0\n(\n    defaultPrim = "World"\n    upAxis = "Z"\n    metersPerUnit = 1\n)\n'
SCENE = (HEAD + 'def Xform "World"\n{\n    def PhysicsScene "Physics" {}\n}\n').encode()
USING = (HEAD + 'def Xform "World" (references = @./parts/part.usda@) {}\n').encode()
BROKEN = (HEAD + 'def Xform "World" (prepend apiSchemas = ["PhysicsRigidBodyAPI"]) {}\n').encode()


def part(size):
    body = f'def Xform "World"\n{{\n    def PhysicsScene "Physics" {{ float physics:gravityMagnitude = {size} }}\n}}\n'
    return (HEAD + body.replace("{ float", "\n{\n float").replace(" }\n", "\n}\n")).encode()


def zipped(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def tar_with_link():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        link = tarfile.TarInfo("root.usda")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return out.getvalue()


@dataclass
class Studio:
    app: object
    client: httpx.AsyncClient
    issuer: object
    blobs: S3Blobs
    bucket: object
    service: Service

    async def call(self, method, path, *, org="acme", role="twin-admin", actor="ann", headers=(), **options):
        token = self.issuer.token(org=org, actor=actor, role=role)
        sent = {"authorization": f"Bearer {token}", **dict(headers)}
        return await self.client.request(method, path, headers=sent, **options)

    async def upload(
        self, name="arm", content=SCENE, filename="arm.usda", *, uses=None, root=None, note="", **options
    ):
        fields = {"name": name, "note": note, "uses": uses, "root": root}
        data = {key: value for key, value in fields.items() if value}
        return await self.call(
            "POST", "/v1/scenes", data=data, files={"file": (filename, content)}, **options
        )

    async def blob_count(self):
        return len(await asyncio.to_thread(lambda: list(self.bucket.objects.filter(Prefix="sha256/"))))

    async def uploads(self):
        """What is uploaded and not registered, without where that is said."""
        found = await asyncio.to_thread(lambda: list(self.bucket.objects.filter(Prefix="uploads/")))
        return sorted(each.key.removeprefix("uploads/") for each in found)


async def until(look):
    """Wait until something holds; `look` may be a coroutine function."""
    async with asyncio.timeout(30):
        while True:
            found = look()
            if await found if asyncio.iscoroutine(found) else found:
                return
            await asyncio.sleep(0.02)


def folders():
    """Uploads that lie on this machine's disk."""
    return sorted(
        str(path) for pattern in ("upload-*", "scene-*") for path in Path(tempfile.gettempdir()).glob(pattern)
    )


@asynccontextmanager
async def opened(bus, issuer, storage, bucket, **gateway):
    import boto3

    async with await bus.admin() as admin:
        await create_topics(admin, catalogue(), "hanzo.twin")
    settings = Settings.model_validate(
        {
            "storage": {**storage.model_dump(), "buckets": {"scenes": bucket}},
            "api_gateway": {"deadline_ms": 30_000, **gateway},
            "scene_manager": {"outbox_poll_ms": 10, "max_scene_bytes": 2_000_000},
            "quotas": {"scenes": 5},
            "metrics": {"enabled": False},
        }
    )
    wake, stop, store = asyncio.Event(), asyncio.Event(), Store()
    work, blobs = MemoryWork(store, wake.set), S3Blobs(settings.storage, bucket)
    await blobs.put(b"the bucket is there")
    files = files_of(settings)
    service = Service(settings, bus, work, MemoryOutbox(store), wake, files=files, guard=issuer.guard())
    running = asyncio.ensure_future(service.run(stop))
    app = build(settings, bus=bus, scenes=blobs, guard=issuer.guard())
    listed = boto3.resource(
        "s3", endpoint_url=storage.endpoint, region_name=storage.region,
        aws_access_key_id=storage.access_key.get_secret_value(),
        aws_secret_access_key=storage.secret_key.get_secret_value(),
    ).Bucket(bucket)  # fmt: skip
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://gateway", timeout=60) as client,
    ):
        await until(lambda: not app.state.parts.health.waiting_for())
        yield Studio(app, client, issuer, blobs, listed, service)
        stop.set()
        await running

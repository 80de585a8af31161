"""Makes what the services expect of a part: topics, buckets, the database. Idempotent.

A process of its own (`python -m hanzo_twin.stack.provision topics`), so that the supervisor, which stays,
loads no client library. It reads the settings like any service, so an external part is provisioned and
checked alike.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable

from twin_common.errors import TooFewBrokers, TwinError
from twin_common.settings import Settings, load_settings

_CONNECT_S = 10.0
_JOIN_S = 30.0
_JOIN_PAUSE_S = 0.2


class ProvisionError(RuntimeError):
    """The part answers, but what is asked for can't be made there; or it doesn't answer."""


async def topics(settings: Settings) -> str:
    """Every topic of the catalogue; waits for brokers that are about to join."""
    from twin_common.bus.kafka.bus import KafkaBus
    from twin_common.bus.topics import bounded, create_topics
    from twin_schemas.catalogue import catalogue

    stream = settings.stream
    wanted = bounded(catalogue(), settings.retention)
    deadline = asyncio.get_running_loop().time() + _JOIN_S
    async with await KafkaBus(stream).admin() as admin:
        while True:
            try:
                made = await create_topics(admin, wanted, stream.topic_prefix, replication=stream.replication)
                break
            except TooFewBrokers:
                if asyncio.get_running_loop().time() > deadline:
                    raise
                await asyncio.sleep(_JOIN_PAUSE_S)
    return f"{len(made)} topics created, {len(wanted) - len(made)} were there"


async def buckets(settings: Settings) -> str:
    """The buckets that the settings name."""
    return await asyncio.to_thread(_buckets, settings)


def _buckets(settings: Settings) -> str:
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    storage = settings.storage
    client = boto3.client(
        "s3",
        endpoint_url=storage.endpoint,
        aws_access_key_id=storage.access_key.get_secret_value(),
        aws_secret_access_key=storage.secret_key.get_secret_value(),
        region_name=storage.region,
        config=Config(
            signature_version="s3v4", connect_timeout=5, read_timeout=10, retries={"max_attempts": 4}
        ),
    )
    names = [storage.buckets.scenes, storage.buckets.datasets, storage.buckets.checkpoints]
    try:
        there = {bucket["Name"] for bucket in client.list_buckets()["Buckets"]}
        missing = [name for name in names if name not in there]
        for name in missing:
            client.create_bucket(Bucket=name)
    except (BotoCoreError, ClientError) as error:
        raise ProvisionError(f"the object store at {storage.endpoint}: {error}") from None
    return f"{len(missing)} buckets created, {len(names) - len(missing)} were there"


async def database(settings: Settings) -> str:
    """The database that the URL names; it is created when the server is there and it isn't."""
    import asyncpg

    url = settings.database.url.get_secret_value()
    where = url.rpartition("@")[2]
    try:
        return await _database(url)
    except asyncpg.PostgresError as error:
        raise ProvisionError(f"the database at {where} refuses: {error}") from None
    except (OSError, TimeoutError) as error:
        raise ProvisionError(f"no database answers at {where}: {error or 'time-out'}") from None


async def _database(url: str) -> str:
    import asyncpg

    try:
        connection = await asyncpg.connect(url, timeout=_CONNECT_S)
    except asyncpg.InvalidCatalogNameError:
        connection = await asyncpg.connect(url, database="postgres", timeout=_CONNECT_S)
        try:
            name = url.partition("?")[0].rpartition("/")[2]
            await connection.execute('CREATE DATABASE "{}"'.format(name.replace('"', '""')))
        finally:
            await connection.close()
        return f"database {name} created"
    await connection.close()
    return "the database was there"


async def mqtt(settings: Settings) -> str:
    """The broker answers; nothing has to be made."""
    from urllib.parse import urlsplit

    url = settings.mqtt.default_broker
    parts = urlsplit(url)
    try:
        _, writer = await asyncio.wait_for(
            asyncio.open_connection(parts.hostname, parts.port or 1883), _CONNECT_S
        )
    except (OSError, TimeoutError) as error:
        raise ProvisionError(f"no MQTT broker answers at {url}: {error or 'time-out'}") from None
    writer.close()
    return "the broker answers"


async def issuer(settings: Settings) -> str:
    """The identity provider publishes keys; nothing has to be made."""
    from twin_common.identity.keys import published_at

    keys = await published_at(settings.auth.keys_endpoint)()
    return f"the issuer publishes {len(keys)} keys"


STEPS: dict[str, Callable[[Settings], Awaitable[str]]] = {
    "topics": topics,
    "mqtt": mqtt,
    "issuer": issuer,
    "buckets": buckets,
    "database": database,
}


def main() -> None:
    """Carry out the step that the command line names."""
    try:
        sys.stdout.write(f"{asyncio.run(_run(sys.argv[1]))}\n")
    except (ProvisionError, TwinError) as error:
        sys.exit(str(error))


async def _run(step: str) -> str:
    return await STEPS[step](load_settings())


if __name__ == "__main__":
    main()

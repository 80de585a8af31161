import asyncio
import os
import signal
import sys

import pytest
from sim_worker_support.pendulum import SCENE
from sim_worker_support.world import world as make_world

from twin_common.blobs import S3Blobs
from twin_common.bus.kafka import KafkaBus


class Processes:
    """Workers as processes of their own, which signals can really hit."""

    def __init__(self, stream, storage, bucket, prefix, folder):
        self._folder = folder
        self.environment = {
            "HANZO_TWIN_STREAM_BROKERS": stream.brokers,
            "HANZO_TWIN_STREAM_TOPIC_PREFIX": prefix,
            "HANZO_TWIN_STORAGE_ENDPOINT": storage.endpoint,
            "HANZO_TWIN_STORAGE_ACCESS_KEY": storage.access_key.get_secret_value(),
            "HANZO_TWIN_STORAGE_SECRET_KEY": storage.secret_key.get_secret_value(),
            "HANZO_TWIN_STORAGE_BUCKETS_SCENES": bucket,
            "HANZO_TWIN_STORAGE_BUCKETS_CHECKPOINTS": bucket,
            "HANZO_TWIN_METRICS_PORT": "0",
            "HANZO_TWIN_SIM_WORKER_SESSION_TIMEOUT_MS": "2000",
            "HANZO_TWIN_SIM_WORKER_CHECKPOINT_INTERVAL_MS": "500",
            "HANZO_TWIN_SIM_WORKER_STATE_DIR": str(folder / "state"),
        }
        self.running = {}

    async def start(self, name, program=("-m", "sim_worker")):
        log = (self._folder / f"{name}.log").open("ab")
        environment = {**os.environ, **self.environment, "HANZO_TWIN_SIM_WORKER_WORKER_ID": name}
        self.running[name] = await asyncio.create_subprocess_exec(
            sys.executable, *program, env=environment, stderr=log
        )
        log.close()

    def signal(self, name, number):
        self.running[name].send_signal(number)

    async def kill(self, name):
        process = self.running.pop(name)
        process.kill()
        await process.wait()

    async def stop(self, name):
        process = self.running.pop(name)
        process.send_signal(signal.SIGCONT)
        process.terminate()
        await asyncio.wait_for(process.wait(), 15)
        return process.returncode

    def log(self, name):
        return (self._folder / f"{name}.log").read_text()


@pytest.fixture
async def kafka_world(kafka, storage, bucket, topic_prefix):
    async with make_world(KafkaBus(kafka), topic_prefix) as made:
        made.blobs = S3Blobs(storage, bucket)
        made.scene = await made.blobs.put(SCENE.read_bytes())
        yield made


@pytest.fixture
async def processes(kafka_world, kafka, storage, bucket, topic_prefix, tmp_path):
    made = Processes(kafka, storage, bucket, topic_prefix, tmp_path)
    yield made
    for name in list(made.running):
        await made.kill(name)

"""MQTT over TLS with a client certificate, against a real broker that asks for one."""

import asyncio
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sync_engine.adapters.bridges.mqtt import MqttBridge
from twin_common.clock import SystemClock
from twin_common.definition import MqttSource
from twin_common.definition.sources import MqttPublish
from twin_common.settings import Settings

TOPIC = "plant/secret/angle"


class Authority:
    """Signs certificates, with openssl, for this test alone."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, name
        self.file = folder / f"{name}.crt"
        self._openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
            "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.crt",
        )  # fmt: skip

    def certificate(self, name: str) -> tuple[Path, Path]:
        """A certificate for this host, and its key."""
        self._openssl(
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={name}",
            "-keyout", f"{name}.key", "-out", f"{name}.csr",
        )  # fmt: skip
        (self._folder / f"{name}.ext").write_text("subjectAltName=IP:127.0.0.1\n")
        self._openssl(
            "x509", "-req", "-days", "1", "-in", f"{name}.csr", "-CA", f"{self._name}.crt",
            "-CAkey", f"{self._name}.key", "-CAcreateserial", "-extfile", f"{name}.ext", "-out", f"{name}.crt",
        )  # fmt: skip
        return self._folder / f"{name}.crt", self._folder / f"{name}.key"

    def _openssl(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=self._folder, check=True, capture_output=True)


@dataclass
class Secured:
    """A broker that takes only clients of its authority."""

    authority: Authority
    folder: Path
    url: str


@pytest.fixture
def secured(tmp_path) -> Iterator[Secured]:
    authority = Authority(tmp_path, "ours")
    certificate, key = authority.certificate("broker")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (tmp_path / "mosquitto.conf").write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\nuser root\n"
        f"cafile {authority.file}\ncertfile {certificate}\nkeyfile {key}\nrequire_certificate true\n"
    )
    program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
    broker = subprocess.Popen(
        [program, "-c", str(tmp_path / "mosquitto.conf")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.02)
        yield Secured(authority, tmp_path, f"mqtts://127.0.0.1:{port}")
    finally:
        broker.terminate()
        broker.wait(5)


class Ear:
    """Hears one source."""

    def __init__(self) -> None:
        self.connected, self.error = False, None
        self.heard: list[bytes] = []

    def message(self, topic: str, payload: bytes, receive_ns: int) -> None:
        self.heard.append(payload)

    def link(self, *, connected: bool, error: str | None) -> None:
        self.connected, self.error = connected, error


def settings(ca: Path, pair: tuple[Path, Path] | None) -> Settings:
    files = {"ca_file": str(ca)}
    if pair is not None:
        files |= {"cert_file": str(pair[0]), "key_file": str(pair[1])}
    return Settings.model_validate({"mqtt": files})


async def until(check) -> None:
    async with asyncio.timeout(15):
        while not check():  # noqa: ASYNC110 (the bridge has no event for it)
            await asyncio.sleep(0.02)


async def listen(secured: Secured, wanted: Settings) -> tuple[MqttBridge, Ear]:
    def crash(error: Exception) -> None:
        raise error

    bridge, ear = MqttBridge(wanted, SystemClock(), crash), Ear()
    source = MqttSource.model_validate(
        {"type": "mqtt", "broker": secured.url, "topic": TOPIC, "mapping": {"angle": "/World/Hinge.position"}}
    )
    bridge.listen(source, (50,), ear)
    return bridge, ear


async def test_a_client_certificate_of_the_brokers_authority_is_let_in(secured):
    bridge, ear = await listen(secured, settings(secured.authority.file, secured.authority.certificate("us")))
    try:
        await until(lambda: ear.connected)
        outlet = bridge.outlet(MqttPublish(type="mqtt", topic=TOPIC), secured.url, (50,))

        def published() -> bool:
            assert outlet.publish(b"0.5") in (None, "mqtt_disconnected")
            return bool(ear.heard)

        await until(published)
    finally:
        await bridge.close()
    assert set(ear.heard) == {b"0.5"}


async def test_without_a_certificate_nobody_is_let_in_and_the_source_says_why(secured):
    bridge, ear = await listen(secured, settings(secured.authority.file, None))
    try:
        await until(lambda: ear.error)
    finally:
        await bridge.close()
    assert secured.url in ear.error
    assert ear.heard == []


async def test_a_broker_that_another_authority_vouches_for_is_not_trusted(secured, tmp_path):
    folder = tmp_path / "others"
    folder.mkdir()
    others = Authority(folder, "theirs")
    bridge, ear = await listen(secured, settings(others.file, secured.authority.certificate("us")))
    try:
        await until(lambda: ear.error)
    finally:
        await bridge.close()
    assert "certificate verify failed" in ear.error.lower()


async def test_a_certificate_file_that_is_not_there_is_named(secured, tmp_path):
    gone = (tmp_path / "no.crt", tmp_path / "no.key")
    bridge, ear = await listen(secured, settings(secured.authority.file, gone))
    try:
        await until(lambda: ear.error)
    finally:
        await bridge.close()
    assert "no.crt" in ear.error

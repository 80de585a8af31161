"""One serving process: TLS, and an end that cuts nobody off."""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from gateway_support.bed import TWIN, YAML

from api_gateway.bootstrap.listening import address_of, listen
from api_gateway.bootstrap.serving import PartEnded, serve_app
from twin_common.settings import Settings


@pytest.fixture
def certificate(tmp_path):
    """A self-signed certificate for 127.0.0.1: its file, and its key's."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "gateway")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    (tmp_path / "cert.pem").write_bytes(signed.public_bytes(pem))
    (tmp_path / "key.pem").write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    return str(tmp_path / "cert.pem"), str(tmp_path / "key.pem")


class Served:
    """The bed's application behind a real socket."""

    def __init__(self, bed, **server):
        self.settings = Settings.model_validate({"server": {"port": 0, **server}})
        self.stop, self.bed = asyncio.Event(), bed
        self.listener = listen(self.settings.server)
        self.address = address_of(self.listener)

    async def __aenter__(self):
        self.bed.app.router.lifespan_context = _no_life  # the bed runs it already
        self.task = asyncio.ensure_future(serve_app(self.bed.app, self.listener, self.settings, self.stop))
        return self

    async def __aexit__(self, *_):
        self.stop.set()
        await self.task


class _no_life:
    def __init__(self, app):
        pass

    async def __aenter__(self):
        return None

    async def __aexit__(self, *_):
        return None


async def test_with_a_certificate_it_speaks_tls_only(bed, certificate):
    cert, key = certificate
    async with Served(bed, cert_file=cert, key_file=key) as served:
        trusting = ssl.create_default_context(cafile=cert)
        async with httpx.AsyncClient(verify=trusting) as client:
            assert (await client.get(f"https://{served.address}/alive")).status_code == 200
        async with httpx.AsyncClient() as client:
            with pytest.raises(httpx.TransportError):
                await client.get(f"http://{served.address}/alive")


async def test_a_request_in_hand_is_answered_before_the_end(bed):
    async with Served(bed) as served, httpx.AsyncClient(base_url=f"http://{served.address}") as client:
        bed.owner.silent = True
        headers = {"authorization": f"Bearer {bed.issuer.token(org='acme')}", **YAML}
        text = TWIN.format(name="arm", tags="")
        asked = asyncio.ensure_future(client.post("/v1/twins", content=text, headers=headers))
        await bed.until(lambda: bed.owner.commands)
        served.stop.set()
        await bed.until(lambda: bed.app.state.engine.stopping.is_set())
        await bed.owner.answer(*bed.owner.commands[0])
        assert (await asked).status_code == 201
        await served.task


async def test_a_part_that_ends_takes_the_process_with_it(bed):
    served = Served(bed)
    bed.app.router.lifespan_context = _no_life
    bed.app.state.engine.failed.set()
    with pytest.raises(PartEnded):
        await serve_app(bed.app, served.listener, served.settings, served.stop)


async def test_a_body_of_a_gigabyte_is_refused_unread(bed):
    async with Served(bed) as served:
        host, port = served.address.split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        token = bed.issuer.token(org="acme")
        writer.write(
            f"POST /v1/twins HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Type: application/yaml\r\nContent-Length: {10**9}\r\n\r\nname: a".encode()
        )
        answer = await reader.read()
        writer.close()
        assert answer.startswith(b"HTTP/1.1 413")
        assert b"body_too_large" in answer


@pytest.mark.parametrize(
    ("proxies", "counted"),
    [("127.0.0.0/8", "203.0.113.7"), ("10.0.0.1, 10.1.0.0/16", "127.0.0.1")],
    ids=["of a proxy", "of anybody"],
)
async def test_who_asks_is_told_by_the_headers_of_trusted_proxies_alone(bed, proxies, counted):
    async with (
        Served(bed, behind_proxy=True, trusted_proxies=proxies) as served,
        httpx.AsyncClient(base_url=f"http://{served.address}") as client,
    ):
        headers = {"Authorization": "Bearer no.good.token", "X-Forwarded-For": "203.0.113.7"}
        assert (await client.get("/v1/whoami", headers=headers)).status_code == 401
    assert list(bed.app.state.parts.strangers._buckets) == [counted]

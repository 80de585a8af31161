"""One process or several: shared port, shared counts, restarts and ends."""

import asyncio
import re
import signal
import sys

import psutil
from gateway_support.bed import TWIN, YAML
from gateway_support.owner import Owner


async def ended(process):
    return await asyncio.to_thread(process.wait, 30)


async def test_one_worker_is_one_process(start):
    gateway = await start(1)
    await gateway.ready()
    assert gateway.children == []
    assert (await gateway.api.get("/v1/whoami")).status_code == 200
    gateway.process.send_signal(signal.SIGTERM)
    assert await ended(gateway.process) == 0


async def test_several_workers_share_the_port_and_the_counts(start):
    gateway = await start(2)
    await gateway.ready()
    assert len(gateway.children) == 2
    for _ in range(20):
        answer = await gateway.api.get("/v1/whoami", headers={"connection": "close"})
        assert answer.status_code == 200
    text = (await gateway.metrics.get("/metrics")).text
    line = r'hanzo_twin_api_requests_total\{endpoint="/v1/whoami",method="GET",status="200"\} ([0-9.]+)'
    assert sum(float(count) for count in re.findall(line, text)) == 20
    assert 'hanzo_twin_api_request_duration_seconds_count{endpoint="/v1/whoami"} 20.0' in text


async def test_a_worker_that_dies_is_replaced_and_missed_meanwhile(start):
    gateway = await start(2)
    await gateway.ready()
    before = {child.pid for child in gateway.children}
    victim = gateway.children[0]
    victim.kill()
    async with asyncio.timeout(30):
        while (await gateway.metrics.get("/ready")).status_code == 200:  # noqa: ASYNC110 (another process)
            await asyncio.sleep(0.01)
    await gateway.ready()
    after = {child.pid for child in gateway.children}
    assert len(after) == 2
    assert after - before
    assert victim.pid not in after


async def test_being_told_to_stop_ends_every_process(start):
    gateway = await start(2)
    await gateway.ready()
    children = gateway.children
    gateway.process.send_signal(signal.SIGTERM)
    assert await ended(gateway.process) == 0
    assert not any(child.is_running() for child in children)


async def test_workers_do_not_outlive_a_supervisor_that_was_killed(start):
    gateway = await start(2)
    await gateway.ready()
    children = gateway.children
    gateway.process.kill()
    await ended(gateway.process)
    _, alive = await asyncio.to_thread(psutil.wait_procs, children, 30)
    assert alive == []


async def test_an_orphan_that_does_not_stop_is_ended_and_says_where_it_was():
    code = """
import asyncio
from api_gateway.bootstrap.process import _orphaned
async def hang():
    orphaned = asyncio.create_task(_orphaned(asyncio.Event(), patience_s=0.1))
    await asyncio.sleep(120)
asyncio.run(hang())
"""
    orphan = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, stdin=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(60):
        _, said = await orphan.communicate(b"")
    assert orphan.returncode == 1
    assert b"most recent call first" in said


async def test_a_taken_port_ends_the_process_with_the_settings_name(start, capfd):
    first = await start(1)
    await first.ready()
    port = str(first.api.base_url.port)
    second = await start(1, HANZO_TWIN_SERVER_PORT=port)
    assert await ended(second.process) == 1
    assert "HANZO_TWIN_SERVER_PORT" in capfd.readouterr().err


async def test_gateways_that_share_an_address_answer_for_each_other(start):
    first = await start(1, HANZO_TWIN_SERVER_SHARE_PORT="true")
    await first.ready()
    port = str(first.api.base_url.port)
    second = await start(1, HANZO_TWIN_SERVER_PORT=port, HANZO_TWIN_SERVER_SHARE_PORT="true")
    await second.ready()
    first.process.kill()
    await ended(first.process)
    for _ in range(10):
        answer = await first.api.get("/v1/whoami", headers={"connection": "close"})
        assert answer.status_code == 200


async def test_workers_read_answers_apart_and_have_the_instances_name(start, capfd):
    gateway = await start(2, HANZO_TWIN_API_GATEWAY_GATEWAY_ID="north")
    await gateway.ready()
    gateway.process.send_signal(signal.SIGTERM)
    assert await ended(gateway.process) == 0
    assert {"north-0", "north-1"} <= set(re.findall(r'"gateway": "([a-z0-9-]+)"', capfd.readouterr().err))


async def test_a_change_is_seen_at_whichever_worker_the_caller_reads(start, kafka_bus, topic_prefix):
    gateway, owner = await start(2), Owner(kafka_bus, topic_prefix)
    await gateway.ready()
    working = asyncio.ensure_future(owner.run())
    try:
        await owner.listening.wait()
        fresh = {"connection": "close"}
        text = TWIN.format(name="arm", tags="")
        changed = await gateway.api.post("/v1/twins", content=text, headers={**YAML, **fresh}, timeout=30)
        for verb in ("start", "stop") * 5:
            changed = await gateway.api.post(
                f"/v1/twins/arm/{verb}", headers={**fresh, "x-read-latest": "true"}
            )
            assert changed.status_code == 200, changed.text
            for _ in range(4):
                seen = await gateway.api.get("/v1/twins/arm", headers={**fresh, "x-read-latest": "true"})
                assert seen.json()["revision"] == changed.json()["revision"]
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)

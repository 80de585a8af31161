"""Kill the control plane under load: does every create, start and delete happen exactly once?

A public client creates, starts and deletes twins, at most 20 at a time, while the gateway, the scene manager and
PostgreSQL get SIGKILLs at seeded random moments. The client repeats what isn't answered, under its idempotency key.
Afterwards PostgreSQL, the specs and the control events are read raw, and have to tell the same of every operation.
`--mutant fresh-keys` repeats under another key each time: the judge must notice.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import sys
import time
import uuid
from collections import Counter
from pathlib import Path

import httpx
from _harness import Claim, arguments, conclude, table
from _once import OPERATIONS, judge
from _platform import Platform, percentile, platform

from hanzo_twin.client import ApiError, AsyncClient, ClientCredentials, Retry

SCENE = Path(__file__).parents[1] / "examples/pendulum/scene.usda"
VICTIMS = ("api-gateway", "scene-manager", "postgres")
AT_ONCE = 20
SERVICES = {"scene-manager": 1, "sync-engine": 1, "sim-worker": 1, "api-gateway": 1}
RETRY = Retry(within_s=120.0, most_s=1.0)


class FreshKeys(httpx.AsyncHTTPTransport):
    """A client that forgets which request it repeats."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if "idempotency-key" in request.headers:
            request.headers["idempotency-key"] = str(uuid.uuid4())
        return await super().handle_async_request(request)


class Count(httpx.AsyncHTTPTransport):
    """Counts what is sent again."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: Counter[str] = Counter()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.sent[request.headers.get("idempotency-key", "")] += 1
        return await super().handle_async_request(request)

    @property
    def repeated(self) -> int:
        return sum(count - 1 for key, count in self.sent.items() if key)


def definition(name: str) -> str:
    return (
        f"name: {name}\nscene: {{uri: 'scene:once'}}\nengine: {{type: mujoco, config: {{step_hz: 120}}}}\n"
        "sync: {mode: standalone, rate_hz: 1}\n"
    )


async def live(
    client: AsyncClient, name: str, dice: random.Random, took: list[float], refused: list[str]
) -> None:
    """One twin from creation to deletion."""
    for operation in (
        lambda: client.create_twin(definition(name), scene="once"),
        lambda: client.start_twin(name),
        lambda: client.delete_twin(name),
    ):
        began = time.monotonic()
        try:
            await operation()
        except ApiError as error:
            refused.append(f"{name}: {error}")
        took.append(time.monotonic() - began)
        await asyncio.sleep(dice.uniform(0, 0.5))


async def kill(on: Platform, times: int, dice: random.Random, done: asyncio.Event) -> list[str]:
    """Kill and start again, one after the other; so many times, or until all is done."""
    killed: list[str] = []
    order = itertools.cycle(dice.sample(VICTIMS, len(VICTIMS)))
    while len(killed) < times and not done.is_set():
        await asyncio.sleep(dice.uniform(0.3, 2.0))
        victim = next(order)
        await asyncio.to_thread(on.stack.kill, victim)
        await asyncio.to_thread(on.stack.restore)
        killed.append(victim)
        print(f"kill {len(killed)} of {times}: {victim}", file=sys.stderr, flush=True)
    return killed


async def main() -> int:
    parser = arguments(__doc__ or "")
    parser.add_argument("--twins", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=60, help="at most; as long as there is load")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mutant", choices=["fresh-keys"], help="break the client; the judge must notice")
    options = parser.parse_args()
    dice = random.Random(options.seed)
    names = [f"once-{number}" for number in range(options.twins)]
    took: list[float] = []
    refused: list[str] = []
    counting = Count()
    async with platform(services=SERVICES) as on:
        there = on.stack.connection
        tokens = ClientCredentials(
            f"{there.issuer_url.rstrip('/')}/token", there.developer_client_id, there.developer_client_secret
        )
        transport = FreshKeys() if options.mutant else counting
        async with AsyncClient(there.api_url, tokens, retry=RETRY, transport=transport) as client:
            await client.upload_scene(SCENE, name="once")
            room, done = asyncio.Semaphore(AT_ONCE), asyncio.Event()

            async def one(name: str) -> None:
                async with room:
                    await live(client, name, random.Random(f"{options.seed}/{name}"), took, refused)

            killing = asyncio.create_task(kill(on, options.kills, dice, done))
            began = time.monotonic()
            await asyncio.gather(*(one(name) for name in names))
            seconds = time.monotonic() - began
            done.set()
            killed = await killing
            left = [twin.name async for twin in client.list_twins()]
        verdict = await judge(on.settings, names)
    print(
        f"{len(took)} operations in {seconds:.0f} s; p50 {percentile(took, 0.5):.2f} s, longest {max(took):.1f} s"
    )
    print(
        f"{counting.repeated} requests were repeated, {verdict.repeated} records came again under their own id"
    )
    table(["killed", "times"], sorted(Counter(killed).items()))
    for problem in [
        *refused,
        *verdict.answered_twice,
        *verdict.database,
        *verdict.specs,
        *verdict.unanswered,
    ][:20]:
        print(f"  {problem}")
    claims = [
        Claim.of("operations", len(took), "==", len(OPERATIONS) * options.twins),
        Claim.of("operations refused", len(refused), "==", 0),
        Claim.of("operations without an answer in the events", len(verdict.unanswered), "==", 0),
        Claim.of("operations with a second answer", len(verdict.answered_twice), "==", 0),
        Claim.of("twins that the database tells differently", len(verdict.database), "==", 0),
        Claim.of("twins that the specs tell differently", len(verdict.specs), "==", 0),
        Claim.of("twins left", len(left), "==", 0),
        Claim.of("parts killed", len(set(killed)), "==", len(VICTIMS)),
    ]
    return conclude(claims, as_json=options.json, killed=killed)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))

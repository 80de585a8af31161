"""A workshop that builds carts: the whole worker runs, on physics with a closed form."""

import asyncio
from collections.abc import Mapping

from sim_worker.domain.inventory import Inventory, JointMotion
from sim_worker.domain.recipe import Recipe
from sim_worker.errors import SceneBroken
from twin_sim.fold import ChannelLayout
from twin_sim.testing.cart import Cart


class FragileCart(Cart):
    """Explodes when it is pushed too hard, and hangs a process when told to."""

    def healthy(self) -> bool:
        return abs(self.now.x) < 1e6


class CartModel:
    def __init__(self, recipe: Recipe, build: str) -> None:
        self.digest = f"model-{recipe.scene_digest}"
        self.engine_build = build
        self.inventory = Inventory(joints={"/Rail": JointMotion.LINEAR}, bodies=frozenset({"/Cart"}))
        self.warnings = ("/Cart: made of thin air",)
        self.opened: list[Cart] = []

    def open(self, layout: ChannelLayout, timestep: float, overrides: Mapping[str, float]) -> Cart:
        cart = FragileCart(overrides.get("/Cart.mass", 2.0))
        cart.set_timestep(timestep)
        self.opened.append(cart)
        return cart


class CartWorkshop:
    """Scenes whose digest begins with `broken` don't compile; `gate` holds every preparation back."""

    def __init__(self, build: str = "1") -> None:
        self.build_name = build
        self.models: dict[Recipe, CartModel] = {}
        self.prepared: list[Mapping[str, float]] = []
        self.cost_s = 1e-5
        self.gate: asyncio.Event | None = None

    async def build(self, recipe: Recipe) -> CartModel:
        if recipe.scene_digest.startswith("broken"):
            raise SceneBroken("scene_broken", "/Cart: has no mass. Give it one")
        return self.models.setdefault(recipe, CartModel(recipe, self.build_name))

    async def prepare(self, model: object, overrides: Mapping[str, float]) -> object:
        if self.gate is not None:
            await self.gate.wait()
        self.prepared.append(overrides)
        return overrides

    async def tick_cost(self, model: object, layout: ChannelLayout, steps: int, timestep: float) -> float:
        return self.cost_s


class NoCrumbs:
    """Breadcrumbs that remember what they are told to."""

    def __init__(self) -> None:
        self.known: dict[str, int] = {}
        self.unread: dict[str, int] = {}
        self.marked: set[tuple[str, str]] = set()

    def mark(self, lane: str, place: str) -> None:
        self.marked.add((lane, place))

    def clear(self, lane: str) -> None: ...

    def look(self) -> None:
        self.known |= self.unread

    def deaths(self, place: str) -> int:
        return self.known.get(place, 0)

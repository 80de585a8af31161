"""Lets these tests import the scripted API, and carries plans out with clients of either kind."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hanzo_twin.client.session import Plan

sys.path.insert(0, str(Path(__file__).parent))

from scripted_api import Api, asynchronous, blocking

Carry = Callable[[Plan[Any]], Any]


@pytest.fixture
def api() -> Api:
    return Api()


@pytest.fixture(params=["blocking", "asynchronous"])
def carry_with(request: pytest.FixtureRequest, api: Api) -> Callable[..., Carry]:
    """Makes what carries plans out with a client of either kind."""

    def made(**options: Any) -> Carry:
        if request.param == "blocking":
            return blocking(api, **options).run

        def carry(plan: Plan[Any]) -> Any:
            async def whole() -> Any:
                async with asynchronous(api, **options) as client:
                    return await client.run(plan)

            return asyncio.run(whole())

        return carry

    return made


@pytest.fixture
def carry(carry_with: Callable[..., Carry]) -> Carry:
    return carry_with(token="secret")

"""How the gateway is added to: each is walked through once, with something that is not there."""

from typing import Any

import httpx
from fastapi import APIRouter

from fake_cluster import FakeCluster
from gateway_stand import settings
from penstock_gateway.api.application import create_api
from penstock_gateway.api.authorization import Access
from penstock_gateway.api.routers import ROUTERS
from penstock_gateway.api.services import Services
from penstock_gateway.api.values.responses import Values
from penstock_gateway.flows import FlowTable
from penstock_gateway.server.gateway import Gateway, export


def toys_router(services: Services) -> APIRouter:
    """A topic of the API as one module has it."""
    routes = APIRouter(prefix="/api/v1/toys", tags=["toys"])

    @routes.get("/{toy}")
    async def get_toy(toy: str) -> dict[str, str | int]:
        """One toy."""
        return {"toy": toy, "flows": len(services.flows)}

    return routes


async def test_a_route_is_a_module_and_a_line_of_the_table() -> None:
    """What stands in the table is served, and described in the OpenAPI document, with the problems of all routes."""
    store: Any = None  # no toy is read from a database
    services = Services(
        reading=store,
        access=Access(FakeCluster(), audience="penstock", release="penstock-system.penstock"),
        flows=FlowTable(),
        values=Values(),
        cancelling=store,
    )
    api = create_api(*(make(services) for make in (*ROUTERS, toys_router)), version="1")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=api), base_url="http://gateway") as client:
        toy = await client.get("/api/v1/toys/bear")
        nothing = await client.get("/api/v1/toys")
        document = (await client.get("/api/openapi.json")).json()

    assert toy.json() == {"toy": "bear", "flows": 0}
    assert nothing.json()["type"] == "urn:penstock:problem:no-such-path"
    assert {"/api/v1/toys/{toy}", "/api/v1/executions"} <= document["paths"].keys()


async def test_a_gauge_is_a_line_of_the_table() -> None:
    """What stands in the table is read of the gateway whenever it is scraped."""
    gateway = Gateway(settings(), FakeCluster())
    export(gateway, {"toys": ("Toys in the box", lambda made: 3 + len(made.flows))})
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=gateway.probes), base_url="http://gateway"
    ) as client:
        scraped = (await client.get("/metrics")).text
    await gateway.close()

    assert "penstock_gateway_toys 3.0" in scraped
    assert "penstock_gateway_flows 0.0" in scraped

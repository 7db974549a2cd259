"""Where WebSockets lead, and what of the server's own ways is kept from the application."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from autobahn.exception import Disconnected
from django.urls import path, re_path

from megacity.consumers import CityConsumer
from zones.middleware import Application


class Edge:
    """Between daphne and everything of ours."""

    def __init__(self, app: Application) -> None:
        self.app = app

    async def __call__(self, scope: dict[str, Any], receive: Callable, send: Callable) -> None:
        async def tell(message: dict[str, Any]) -> None:
            # Whoever has left is told nothing more. That they have is heard in its turn, behind what they sent before.
            with suppress(Disconnected):
                await send(message)

        # A header that any client may send (Daphne-Root-Path) would move us below another root.
        await self.app({**scope, "root_path": ""}, receive, tell)


async def nowhere(scope: dict[str, Any], receive: Callable, send: Callable) -> None:
    """Closed before it was accepted, which the server tells as 403; the router's own way is an error and 500."""
    await receive()
    await send({"type": "websocket.close"})


websocket_urlpatterns = [path("ws", CityConsumer.as_asgi()), re_path("", nowhere)]  # type: ignore[arg-type]

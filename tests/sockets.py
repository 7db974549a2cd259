"""Conversations with the WebSocket, in the test's own transaction."""

import json
from contextlib import suppress
from typing import Any
from unittest import mock

from asgiref.sync import async_to_sync
from autobahn.exception import Disconnected
from channels.exceptions import StopConsumer
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator

from megacity.routing import Edge, websocket_urlpatterns
from tests.clients import host
from zones.middleware import ZoneScopeMiddleware

# What is said before the connection is closed.
ENDING = ("not_authenticated", "mfa_enrolment_required")

application = Edge(ZoneScopeMiddleware(URLRouter(websocket_urlpatterns)))


def converse(*messages: Any, zone: str = "univ", headers: dict[str, str] | None = None, between=None) -> list[Any]:
    """Send each message (text as it is, others as JSON, None not at all): what was heard, then the code of a close."""

    async def talk() -> list[Any]:
        sent = {"host": host(zone, "api"), "user-agent": "test", **(headers or {})}
        raw = [(name.encode(), value.encode()) for name, value in sent.items()]
        socket = WebsocketCommunicator(application, "/ws", headers=raw)
        assert (await socket.connect())[0]
        heard: list[Any] = []
        for number, message in enumerate(messages):
            if between and number:
                await between()
            if isinstance(message, dict) and "bytes_data" not in message:
                await socket.send_json_to(message)
            elif message is not None:
                await socket.send_to(**(message if isinstance(message, dict) else {"text_data": message}))
            said = await socket.receive_output(timeout=5)
            while said["type"] == "websocket.send":
                heard.append(json.loads(said["text"]))
                if heard[-1].get("code") not in ENDING:
                    break
                said = await socket.receive_output(timeout=5)
            if said["type"] == "websocket.close":
                heard.append(said["code"])
                break
        await socket.disconnect()
        return heard

    # It would close the connection that the test's transaction lives in.
    with mock.patch("channels.db.close_old_connections"):
        return async_to_sync(talk)()


def pour(
    *messages: dict[str, Any], path: str = "/ws", leave: bool = False, zone: str = "univ", **scope: Any
) -> list[Any]:
    """Everything at once, nobody listens in between; what was told, in order.

    With `leave` the client is gone after the handshake, which daphne tells whoever still sends by an error.
    """

    async def run() -> list[Any]:
        waiting = [{"type": "websocket.connect"}]
        waiting += [{"type": "websocket.receive", "text": json.dumps(message)} for message in messages]
        waiting += [{"type": "websocket.disconnect", "code": 1006}]
        told: list[Any] = []

        async def receive() -> dict[str, Any]:
            return waiting.pop(0)

        async def send(message: dict[str, Any]) -> None:
            if leave and told:
                raise Disconnected("Attempt to send on a closed protocol")
            told.append(message)

        headers = [(b"host", host("univ", "api").encode())]
        asked = {"type": "websocket", "path": path, "headers": headers, "root_path": "", "client": ("203.0.113.9", 1)}
        with suppress(StopConsumer):
            await application({**asked, **scope}, receive, send)
        return told

    with mock.patch("channels.db.close_old_connections"):
        return async_to_sync(run)()

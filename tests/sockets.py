"""Conversations with the WebSocket, in the test's own transaction."""

import json
from typing import Any
from unittest import mock

from asgiref.sync import async_to_sync
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator

from megacity.routing import websocket_urlpatterns
from tests.clients import host
from zones.middleware import ZoneScopeMiddleware

application = ZoneScopeMiddleware(URLRouter(websocket_urlpatterns))


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
                if heard[-1].get("code") != "not_authenticated":
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

"""The WebSocket against clients that send what is no message."""

import asyncio

import pytest
from channels.testing import WebsocketCommunicator

from megacity.consumers import LONGEST_MESSAGE, CityConsumer


@pytest.mark.parametrize("frame", [{"bytes_data": b"\x00\xff"}, {"text_data": "[" * 60_000}, {"text_data": "{"}])
def test_what_is_no_message_is_refused_in_words(frame: dict) -> None:
    async def talk() -> None:
        socket = WebsocketCommunicator(CityConsumer.as_asgi(), "/ws", headers=[(b"host", b"app.univprepai.com")])
        assert (await socket.connect())[0]
        await socket.send_to(**frame)
        assert (await socket.receive_json_from())["code"] == "not_authenticated"
        assert (await socket.receive_output())["code"] == 4401

    asyncio.run(talk())


def test_a_message_that_is_too_long_ends_the_connection() -> None:
    async def talk() -> None:
        socket = WebsocketCommunicator(CityConsumer.as_asgi(), "/ws", headers=[(b"host", b"app.univprepai.com")])
        assert (await socket.connect())[0]
        await socket.send_to(text_data="x" * (LONGEST_MESSAGE + 1))
        assert (await socket.receive_output())["code"] == 1009

    asyncio.run(talk())

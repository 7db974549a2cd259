"""One address in development: /ws goes to the WebSocket process, everything else to the web process.

A client's connection is paired with one connection to a process. Requests are read as far as it takes to find where
the next one begins; answers pass through unread. While a process restarts, requests wait for it a few seconds.
Why not a ready-made proxy: docs/decisions/0002-one-address-in-development.md
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from typing import cast

HEAD_LIMIT = 64 * 1024
WAIT_SECONDS = 8.0
RETRY_SECONDS = 0.1
# What a client may not say of itself to the processes behind, nor of where they live.
FORWARDED = (
    *(b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"x-real-ip", b"forwarded"),
    b"daphne-root-path",
)


MOST_FIELDS = 100
# A head that is not whole by then is not waited for, so that slow clients do not hold connections for ever.
HEAD_SECONDS = 20.0
# RFC 9110, section 5.6.2; of targets the origin form alone, and the asterisk of OPTIONS (RFC 9112, section 3.2).
# Neither has a fragment.
TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
REQUEST_LINE = re.compile(rb"([A-Z]{1,20}) (/[^ #]*|\*) HTTP/(1\.[01])")
# Of two of these one reader may take the first and another the last (RFC 9110, section 5.3).
SINGLE = (b"authorization", b"content-type")
CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
NO_TEXT = re.compile(rb"[\x80-\xff]")


class BadRequest(Exception):
    status = "400 Bad Request"


class LengthRequired(BadRequest):
    status = "411 Length Required"


class Head:
    """The first line and headers of one request, as they are sent on, and how long its body is.

    Whatever two readers could understand differently is refused (RFC 9112, sections 3 to 6): it is how a request is
    smuggled within another.
    """

    def __init__(self, raw: bytes, client: str) -> None:
        line, *fields = raw.split(b"\r\n")
        # The process behind ends lines at a bare LF too: what it would read as headers must not pass here as a value.
        if any(CONTROL.search(one) for one in (line, *fields)):
            raise BadRequest("A line of this request does not end in CR LF, or holds what no line may hold.")
        parts = REQUEST_LINE.fullmatch(line)
        if parts is None:
            raise BadRequest("This is not an HTTP/1 request.")
        method, self.path, version = parts.groups()
        if len(fields) > MOST_FIELDS:
            raise BadRequest("This request has too many headers.")
        kept, values = [line], _Fields()
        for one in fields:
            name = values.add(one)
            if name not in FORWARDED:
                kept.append(one)
        if len(values.hosts) > 1 or (not values.hosts and version == b"1.1"):
            raise BadRequest("The request has to name one host.")
        self.length = values.length()
        self.upgrade = values.upgrade
        kept += [b"X-Forwarded-For: " + client.encode(), b"X-Forwarded-Proto: http"]
        self.safe = method in (b"GET", b"HEAD") and not self.length and not self.upgrade
        self.bytes = b"\r\n".join(kept) + b"\r\n\r\n"


class _Fields:
    """What the headers of one request say about where it goes and where it ends."""

    def __init__(self) -> None:
        self.lengths: list[bytes] = []
        self.hosts: list[bytes] = []
        self.upgrade = False
        self.single: set[bytes] = set()

    def add(self, one: bytes) -> bytes:
        """Take one header in; returns its name as WSGI would know it: X_Forwarded_For is the same one."""
        name, colon, value = one.partition(b":")
        if not colon or not TOKEN.fullmatch(name):
            raise BadRequest("A header has no proper name.")
        name = name.lower().replace(b"_", b"-")
        if name == b"transfer-encoding":
            # The application reads no body without a length; so nothing has to be said about where chunks end.
            raise LengthRequired("A body has to announce its length.")
        # Tokens by RFC 6455, section 11.3; daphne answers what is none with an error of its own.
        if name.startswith(b"sec-websocket-") and NO_TEXT.search(value):
            raise BadRequest("A header of the handshake is no text.")
        if name == b"content-length":
            self.lengths.append(value.strip())
        elif name == b"host":
            self.hosts.append(value.strip())
        elif name in SINGLE and name in self.single:
            raise BadRequest("A header that can be there once is there twice.")
        self.single.add(name)
        self.upgrade = self.upgrade or name == b"upgrade"
        return name

    def length(self) -> int:
        if len(self.lengths) > 1 or any(not value.isdigit() or len(value) > 15 for value in self.lengths):
            raise BadRequest("The Content-Length is not one number.")
        return int(self.lengths[0]) if self.lengths else 0


class Client(asyncio.Protocol):
    """The side of the browser."""

    def __init__(self, web_port: int, ws_port: int) -> None:
        self.ports = {"web": web_port, "ws": ws_port}
        self.transport: asyncio.Transport | None = None
        self.upstream: Upstream | None = None
        self.connecting: asyncio.Task[None] | None = None
        self.buffer = bytearray()
        self.body_left = 0
        self.endless = False
        # Whether the process is being asked to change the protocol; until it has agreed nothing else is sent on.
        self.upgrading = False
        self.target = ""
        self.answered = True
        # A request that may be asked once more when the process dies over it: it changes nothing and has no body.
        self.again: Head | None = None
        self.closed = False
        self.patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        peer = transport.get_extra_info("peername")
        self.address = str(peer[0]) if peer else ""

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if self.connecting is None:
            self._pass_on()

    def upgraded(self, agreed: bool) -> None:
        """After a 101 everything passes unread; otherwise the next thing is a request like any other."""
        self.upgrading, self.endless = False, agreed
        self._reading(True)
        self._pass_on()

    def _pass_on(self) -> None:
        """Send on what is complete in the buffer: bodies as they come, heads when they are whole."""
        while self.buffer and not self.closed and self.connecting is None:
            if self.upgrading and not self.body_left:
                return self._reading(False)
            if self.endless or self.body_left:
                part = bytes(self.buffer) if self.endless else bytes(self.buffer[: self.body_left])
                del self.buffer[: len(part)]
                self.body_left = max(0, self.body_left - len(part))
                if self.upstream is not None:
                    self.upstream.write(part)
                continue
            end = self.buffer.find(b"\r\n\r\n")
            if end < 0:
                if len(self.buffer) > HEAD_LIMIT:
                    self.refuse("431 Request Header Fields Too Large", "The headers of this request are too long.")
                elif self.patience is None:
                    self.patience = asyncio.get_running_loop().call_later(HEAD_SECONDS, self._give_up)
                return
            if end > HEAD_LIMIT:
                self.refuse("431 Request Header Fields Too Large", "The headers of this request are too long.")
                return
            self._begin(end)

    def _give_up(self) -> None:
        self.refuse("408 Request Timeout", "The headers of this request did not come to an end.")

    def _patient(self) -> None:
        if self.patience is not None:
            self.patience.cancel()
            self.patience = None

    def _begin(self, end: int) -> None:
        self._patient()
        try:
            head = Head(bytes(self.buffer[:end]), self.address)
        except BadRequest as error:
            return self.refuse(error.status, str(error))
        del self.buffer[: end + 4]
        target = "ws" if head.path == b"/ws" or head.path.startswith((b"/ws/", b"/ws?")) else "web"
        self.body_left, self.upgrading = head.length, head.upgrade
        self.answered = False
        self.again = head if head.safe else None
        if self.upstream is not None and self.upstream.usable and target == self.target:
            self.upstream.write(head.bytes)
            return None
        if self.upstream is not None:
            self.upstream.leave()
        self.target = target
        return self._connect_for(head)

    def _connect_for(self, head: Head) -> None:
        self._reading(False)
        self.connecting = asyncio.get_running_loop().create_task(self._connect(head))

    async def _connect(self, head: Head) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + WAIT_SECONDS
        while not self.closed:
            try:
                _, upstream = await loop.create_connection(lambda: Upstream(self), "127.0.0.1", self.ports[self.target])
            except OSError:
                if loop.time() > deadline:
                    return self.refuse(
                        "503 Service Unavailable", f"The {self.target} process does not answer; it is being restarted."
                    )
                await asyncio.sleep(RETRY_SECONDS)
                continue
            self.connecting = None
            self._reading(True)
            if self.closed:
                upstream.leave()
                return None
            self.upstream = upstream
            upstream.write(head.bytes)
            return self._pass_on()
        return None

    def _reading(self, wanted: bool) -> None:
        if self.transport is not None and not self.transport.is_closing():
            (self.transport.resume_reading if wanted else self.transport.pause_reading)()

    def refuse(self, status: str, why: str) -> None:
        if self.transport is not None and not self.closed:
            text = f"{why}\n".encode()
            self.transport.write(
                f"HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {len(text)}\r\n"
                "Retry-After: 1\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n".encode()
                + text
            )
        self.close()

    def upstream_lost(self) -> None:
        """The process closed its side. What it had begun to say cannot be completed; what it had not can be refused."""
        if not self.answered and self.again is not None and not self.closed:
            head, self.again, self.upstream = self.again, None, None
            return self._connect_for(head)
        if not self.answered:
            return self.refuse("502 Bad Gateway", f"The {self.target} process ended before it had answered.")
        return self.close()

    def close(self) -> None:
        self.closed = True
        if self.transport is not None:
            self.transport.close()

    def pause_writing(self) -> None:
        if self.upstream is not None:
            self.upstream.pause()

    def resume_writing(self) -> None:
        if self.upstream is not None:
            self.upstream.resume()

    def connection_lost(self, error: Exception | None) -> None:
        self.closed = True
        self._patient()
        if self.upstream is not None:
            self.upstream.leave()


class Upstream(asyncio.Protocol):
    """The side of the process."""

    def __init__(self, client: Client) -> None:
        self.client: Client | None = client
        self.transport: asyncio.Transport | None = None

    @property
    def usable(self) -> bool:
        return self.transport is not None and not self.transport.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        if self.client is not None and self.client.transport is not None:
            self.client.answered = True
            self.client.transport.write(data)
            if self.client.upgrading:
                self.client.upgraded(data.startswith(b"HTTP/1.1 101"))

    def write(self, data: bytes) -> None:
        if self.transport is not None:
            self.transport.write(data)

    def leave(self) -> None:
        self.client = None
        if self.transport is not None:
            self.transport.close()

    def pause(self) -> None:
        if self.usable and self.transport is not None:
            self.transport.pause_reading()

    def resume(self) -> None:
        if self.usable and self.transport is not None:
            self.transport.resume_reading()

    def pause_writing(self) -> None:
        if self.client is not None and self.client.transport is not None:
            self.client.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.client is not None and self.client.transport is not None:
            self.client.transport.resume_reading()

    def connection_lost(self, error: Exception | None) -> None:
        if self.client is not None:
            self.client.upstream_lost()


async def serve(port: int, web_port: int, ws_port: int) -> None:
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    servers = [await loop.create_server(lambda: Client(web_port, ws_port), "127.0.0.1", port, backlog=1024)]
    try:
        # Browsers try ::1 first for names under localhost.
        servers.append(await loop.create_server(lambda: Client(web_port, ws_port), "::1", port, backlog=1024))
    except OSError:
        print("front: no IPv6 on this machine; 127.0.0.1 only", flush=True)
    await stopped.wait()
    for server in servers:
        server.close()


if __name__ == "__main__":
    try:
        asyncio.run(serve(*(int(os.environ[name]) for name in ("PORT", "WEB_PORT", "WS_PORT"))))
    except (KeyError, ValueError) as error:
        sys.exit(f"front: PORT, WEB_PORT and WS_PORT must be port numbers ({error}).")
    except OSError as error:
        sys.exit(f"front: {error}")

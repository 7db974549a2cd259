"""Bodies that nobody read, because the request was refused before anybody looked at them.

A server closes a connection on which something was left unread, and what is closed over a client that still writes is
reset: its kernel throws the answer away, and whoever stands between says 502 (RFC 9112, section 9.6).
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

Start = Callable[..., Any]
Application = Callable[[dict[str, Any], Start], Iterable[bytes]]

PART = 64 * 1024
# More than any body that is taken, so that who sends somewhat too much is told so; what announces more is cut off.
READ_AWAY = 128 * 1024 * 1024


class _HeldBack:
    """A body that its sender holds back until somebody begins to read it."""

    def __init__(self, stream: Any) -> None:
        self._stream, self.begun = stream, False

    def read(self, *size: int) -> bytes:
        self.begun = True
        return bytes(self._stream.read(*size))

    def readline(self, *size: int) -> bytes:
        self.begun = True
        return bytes(self._stream.readline(*size))


class ReadAway:
    """WSGI: after the answer is made, and before it is sent, the rest of the body is read and forgotten."""

    def __init__(self, application: Application) -> None:
        self.application = application

    def __call__(self, environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
        if environ.get("CONTENT_LENGTH", "0") in ("", "0") and "HTTP_TRANSFER_ENCODING" not in environ:
            return self.application(environ, start_response)
        held_back = None
        if environ.get("HTTP_EXPECT"):
            held_back = environ["wsgi.input"] = _HeldBack(environ["wsgi.input"])
        answer = self.application(environ, start_response)
        # Who still waits for our 100 Continue is answered instead, and sends nothing (RFC 9110, section 10.1.1).
        if held_back is None or held_back.begun:
            _read_away(environ)
        return answer


def _read_away(environ: dict[str, Any]) -> None:
    announced = str(environ.get("CONTENT_LENGTH") or "0")
    if not (announced.isascii() and announced.isdigit()) or int(announced) > READ_AWAY:
        return
    # The server itself ends the stream with the body (wsgi.input_terminated), also where no length was announced.
    with suppress(OSError):
        for _part in range(READ_AWAY // PART):
            if not environ["wsgi.input"].read(PART):
                return

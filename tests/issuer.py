"""An identity provider on this machine: OAuth 2 with PKCE, OpenID Connect, and the user pages of Kakao, Naver and LINE.

It checks what a real one checks (redirect address, client, PKCE) and can be told to answer wrongly.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

SECRET = "s3cret-of-the-client"


class Issuer:
    """`claims` are those of whoever logs in; `token` changes the id token, `key` is what it is signed with."""

    def __init__(self, address: str) -> None:
        self.address, self.named = address, address
        self.public = self.key = rsa.generate_private_key(65537, 2048)
        self.algorithm = "RS256"
        self.claims: dict[str, Any] = {"sub": "42"}
        self.token: dict[str, Any] = {}
        self.users: dict[str, Any] = {}
        self.codes: dict[str, dict[str, str]] = {}
        self.asked: list[str] = []

    def authorize(self, location: str) -> str:
        """What a person's browser gets who consents: the way back, with a code."""
        parts = urlsplit(location)
        request = {name: values[0] for name, values in parse_qs(parts.query).items()}
        code = secrets.token_urlsafe(8)
        self.codes[code] = request
        return f"{request['redirect_uri']}?{urlencode({'code': code, 'state': request['state']})}"

    # --- What it serves ---------------------------------------------------------------------------------------------

    def discovery(self, _form: dict[str, str]) -> dict[str, Any]:
        return {
            "issuer": self.named,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "userinfo_endpoint": f"{self.address}/userinfo",
            "jwks_uri": f"{self.address}/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }

    def keys(self, _form: dict[str, str]) -> dict[str, Any]:
        jwk = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.public.public_key()))
        return {"keys": [{**jwk, "kid": "one", "alg": "RS256", "use": "sig"}]}

    def exchange(self, form: dict[str, str]) -> dict[str, Any]:
        request = self.codes.pop(form.get("code", ""), None)
        if request is None or form.get("redirect_uri") != request["redirect_uri"]:
            return {"error": "invalid_grant"}
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).decode().rstrip("=") != request["code_challenge"]:
            return {"error": "invalid_grant"}
        if (form.get("client_id"), form.get("client_secret")) != (request["client_id"], SECRET):
            return {"error": "invalid_client"}
        return {"access_token": "at", "token_type": "Bearer", "id_token": self.sign(request)}

    def sign(self, request: dict[str, str]) -> str:
        now = int(time.time())
        claims = {"iss": self.named, "aud": request["client_id"], "iat": now, "exp": now + 300, **self.claims}
        claims |= {"nonce": request.get("nonce", "")} | self.token
        return jwt.encode(claims, self.key, algorithm=self.algorithm, headers={"kid": "one"})

    def answer(self, path: str, form: dict[str, str]) -> Any:
        self.asked.append(path)
        served = {"/.well-known/openid-configuration": self.discovery, "/keys": self.keys, "/token": self.exchange}
        return served[path](form) if path in served else self.users.get(path)


@contextmanager
def running_issuer() -> Iterator[Issuer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.issuer = issuer = Issuer(f"http://localhost:{server.server_port}")  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._reply(urlsplit(self.path).path, {})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self._reply(urlsplit(self.path).path, {name: values[0] for name, values in parse_qs(body).items()})

    def _reply(self, path: str, form: dict[str, str]) -> None:
        answer = self.server.issuer.answer(path, form)  # type: ignore[attr-defined]
        # Bytes are sent as they are.
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(404 if answer is None else 400 if isinstance(answer, dict) and "error" in answer else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Nobody reads it."""

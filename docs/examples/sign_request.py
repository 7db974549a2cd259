"""Calls MegaCity's API with a signed request. Needs Python 3.9 or later and nothing else; see docs/signing.md.

    python sign_request.py GET https://api.univprepai.com/api/v1/exams
    python sign_request.py POST https://api.univprepai.com/api/v1/classes '{"name": "Mathematics B"}'

The key and its secret are read from MEGACITY_KEY and MEGACITY_SECRET.
"""

import hashlib
import hmac
import os
import secrets
import sys
import time
import urllib.error
import urllib.request
from urllib.parse import quote, unquote, unquote_plus, urlsplit

SCHEME = "MegaCity-HMAC-SHA256"


def canonical(method, url, content_type, body, key, timestamp, nonce):
    """The text that is signed, ten lines; `url` is absolute, `body` bytes, `timestamp` whole seconds since 1970."""
    parts = urlsplit(url)
    pairs = [pair.partition("=") for pair in parts.query.split("&") if pair]
    encoded = [(quote(unquote_plus(name), safe=""), quote(unquote_plus(value), safe="")) for name, _, value in pairs]
    # Python's sort is stable: parameters of one name stay in their order.
    encoded.sort(key=lambda pair: pair[0])
    return "\n".join(
        [
            SCHEME,
            key,
            str(timestamp),
            nonce,
            method.upper(),
            (parts.hostname or "").lower(),
            quote(unquote(parts.path), safe="/"),
            "&".join(f"{name}={value}" for name, value in encoded),
            content_type.strip(),
            hashlib.sha256(body).hexdigest(),
        ]
    )


def authorization(method, url, content_type, body, key, secret, timestamp, nonce):
    """The value of the Authorization header."""
    text = canonical(method, url, content_type, body, key, timestamp, nonce)
    signature = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    return f"{SCHEME} key={key}, timestamp={timestamp}, nonce={nonce}, signature={signature}"


def call(method, url, body=b"", content_type="application/json"):
    """The status and the body of the answer; each call is signed anew, also when it is repeated."""
    content_type = content_type if body else ""
    key, secret = os.environ["MEGACITY_KEY"], os.environ["MEGACITY_SECRET"]
    nonce = secrets.token_urlsafe(18)
    headers = {"Authorization": authorization(method, url, content_type, body, key, secret, int(time.time()), nonce)}
    if content_type:
        headers["Content-Type"] = content_type
    request = urllib.request.Request(url, data=body or None, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read().decode()


if __name__ == "__main__":
    status, text = call(sys.argv[1], sys.argv[2], sys.argv[3].encode() if len(sys.argv) > 3 else b"")
    print(status)
    print(text)

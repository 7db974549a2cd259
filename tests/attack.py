"""`python -m tests.attack`: Schemathesis against a running city with its demo data, as everybody in turn.

Start one of your own first, since this leaves much behind: `RATE_LIMITS=off MEGACITY_VAR=… PORT=8711 make run`. Then,
with the same MEGACITY_VAR (its key makes the code that staff need beside their password):

    python -m tests.attack --port 8711 [--domain univprepai.localhost] [--cases 40] [--who student …]

Every operation of the API's document is asked with what the document says, and with what it forbids. A 5xx, a status, a
content type or a body that the document does not know is printed with the command that repeats it, and makes the exit
code 1. Not part of the test suite: some minutes for each role, and no two runs ask the same.
"""

import argparse
import json
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from megacity.demo import accounts

ROOT = Path(__file__).resolve().parent.parent
STRANGER = "stranger"
ROLES = {account.role: account for account in accounts.IN_EVERY_ZONE}
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "ignored_auth",
    "unsupported_method",
    "allow_header_conformance",
)
# What would end the token or the account that asks: the rest of the run would be refused as a stranger's.
OWN_END = (
    *("auth_logout", "users_me_password", "users_me_email", "users_me_sessions_end", "users_me_session_end"),
    # Of its own session too, which it can find in a list.
    *("users_sessions_end", "users_session_end"),
)


def ask(at: str, name: str, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """POST JSON to the zone whose host is `name`; (status, what was answered)."""
    headers = {"Host": name, "Content-Type": "application/json"}
    request = urllib.request.Request(f"{at}{path}", json.dumps(body).encode(), headers)  # noqa: S310  (http to ourselves)
    try:
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def token_of(account: accounts.DemoAccount, at: str, name: str) -> str:
    """An access token by the API's own log-in, its second step included. Exits with words when it is refused."""
    status, said = ask(at, name, "/api/v1/auth/login", {"email": account.email, "password": account.password})
    if said.get("code") == "mfa_required":
        command = [sys.executable, "manage.py", "demo_code", account.email]
        code = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
        challenge = {"challenge": said["challenge"], "code": code}
        status, said = ask(at, name, "/api/v1/auth/login/mfa", challenge)
    if status != 200:
        sys.exit(f"{account.email} may not log in: {status} {said}")
    return said["access"]


def attack(*, token: str, at: str, name: str, cases: int, document: str) -> int:
    """Run Schemathesis with this token, or without one; its exit code."""
    headers = ["-H", f"Host: {name}", *(["-H", f"Authorization: Bearer {token}"] if token else [])]
    left_out = [part for operation in OWN_END for part in ("--exclude-operation-id", operation)] if token else []
    command = [sys.executable, "-m", "schemathesis.cli", "run", document, "--url", at, *headers, *left_out]
    phases = ["--phases", "examples,coverage,fuzzing", "--checks", ",".join(CHECKS), "--continue-on-failure"]
    limits = ["--max-examples", str(cases), "--request-timeout", "30", "--suppress-health-check", "all"]
    return subprocess.call([*command, *phases, *limits], cwd=ROOT)


def main() -> int:
    reader = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    reader.add_argument("--port", type=int, default=8000)
    reader.add_argument("--domain", default="univprepai.localhost")
    reader.add_argument("--cases", type=int, default=40, help="for each operation, beyond those of the document")
    reader.add_argument("--who", nargs="*", choices=[STRANGER, *ROLES], default=[STRANGER, *ROLES])
    reader.add_argument("--document", default="docs/openapi.yaml")
    given = reader.parse_args()
    # By address: not every system's resolver knows names below localhost.
    at, name, worst = f"http://127.0.0.1:{given.port}", f"api.{given.domain}:{given.port}", 0
    for who in given.who:
        token = "" if who == STRANGER else token_of(ROLES[who], at, name)
        print(f"\n## {who}\n", flush=True)
        worst = max(worst, attack(token=token, at=at, name=name, cases=given.cases, document=given.document))
    return worst


if __name__ == "__main__":
    sys.exit(main())

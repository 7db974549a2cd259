"""docs/security says what holds: its figures are the settings', its lists are complete."""

import ast
import logging
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.sessions.backends.base import VALID_KEY_CHARS
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection

from accounts.models import User
from exams import pictures
from exams.interchange import archive
from exams.item_problems import LARGEST_PICTURE
from megacity.api.parsers import DEEPEST
from megacity.logs import ZoneFormatter
from tests.api.table import TABLE
from zones.context import zone_context
from zones.registry import BY_ID

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "security" / "README.md").read_text()
OURS = ("accounts", "audit", "exams", "megacity", "zones")


def section(name: str) -> str:
    return TEXT.partition(f"\n## {name}\n")[2].partition("\n## ")[0]


def rows(name: str) -> list[list[str]]:
    lines = [line for line in section(name).splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


def sources() -> dict[str, str]:
    files = [path for name in OURS for path in (ROOT / name).rglob("*.py")]
    return {str(path.relative_to(ROOT)): path.read_text() for path in files if "migrations" not in path.parts}


def test_limits_that_are_documented_are_those_that_hold():
    said = {setting: value for _what, setting, value in rows("Limits")}
    for surface in ("app", "www", "admin", "api", "static"):
        assert said[f"RATE_LIMITS {surface}"] == "{} / {}".format(*settings.RATE_LIMITS[surface])
    kzone = BY_ID["kzone"]
    assert said["zones/registry.py"] == f"{kzone.api_requests_per_minute} / {kzone.api_burst}"
    for name in ("ASSETS", "EXAM_LOOP", "CONNECTIONS", "MESSAGES", "LOGIN"):
        assert said[f"{name}_RATE_LIMIT"] == "{} / {}".format(*getattr(settings, f"{name}_RATE_LIMIT"))
    assert said["LOGIN_FAILURES_LIMIT"] == "{} / {}".format(*settings.LOGIN_FAILURES_LIMIT)
    most, window, block = settings.FLOOD_LIMIT
    words = " ".join(section("Limits").split())
    assert f"blocked for {settings.LOGIN_BLOCK_SECONDS} s" in words
    assert f"More than {most} requests of one address within {window} s block it for {block} s" in words
    fields, files = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS, settings.DATA_UPLOAD_MAX_NUMBER_FILES
    megabytes = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 2**20
    assert f"{megabytes} MB at most (DATA_UPLOAD_MAX_MEMORY_SIZE), {fields} fields, {files} files" in words
    assert f"JSON is {DEEPEST} levels deep" in words
    (picture, imported) = rows("Files")
    assert picture[2] == f"{LARGEST_PICTURE // 2**20} MB, {pictures.MOST_PIXELS // 10**6} million pixels"
    limits = archive.LARGEST_UPLOAD // 2**20, archive.LARGEST_UNPACKED // 2**20, archive.MOST_ENTRIES
    assert imported[2] == "{} MB, {} MB unpacked, {} files".format(*limits)
    assert f"{settings.SESSION_COOKIE_AGE // 86400} days without a click" in section("Sessions")
    assert f"{settings.REFRESH_FAMILY_LIFETIME.days} days for a family" in section("Sessions")


def test_every_way_in_is_documented():
    """Whoever checks a password, a token or a signature is one of the documented ways."""
    ways = " ".join(way for way, _strength in rows("Ways in"))
    classes = settings.REST_FRAMEWORK["DEFAULT_AUTHENTICATION_CLASSES"]
    assert len(classes) == 3, "another way into the API is to be documented"
    for word in ("page log-in", "console log-in", "/auth/login", "provider", "mailed link", "signature", "/ws"):
        assert word in ways
    assert settings.AUTHENTICATION_BACKENDS, "somebody checks passwords"
    unsafe = {place: text.count("@csrf_exempt") for place, text in sources().items() if "csrf_exempt" in text}
    # Providers send people back by a form of theirs; what guards that one page is the state in the answer.
    assert unsafe == {"accounts/provider_pages.py": 1}, "no other page is outside of the CSRF check"


def test_every_way_out_is_documented():
    ways = " ".join(" ".join(row) for row in rows("Ways out"))
    for word in ("DATABASE_URL", "REDIS_URL", "EMAIL_URL", "zones/outgoing.py", "boto3"):
        assert word in ways
    wild = re.compile(r"^\s*(import|from) (requests|urllib3|httpx|aiohttp|urllib\.request|http\.client|ftplib)\b", re.M)
    callers = {place for place, text in sources().items() if wild.search(text)}
    # The launcher asks the city's own front on this machine.
    assert callers == {"zones/outgoing.py", "megacity/launch.py"}


def test_every_key_is_in_the_inventory():
    known = " ".join(row[0] for row in rows("Keys"))
    read = (ROOT / "megacity" / "settings.py").read_text() + (ROOT / "megacity" / "environment.py").read_text()
    for name in set(re.findall(r'"([A-Z_]*(?:SECRET|KEYS?)[A-Z_]*)"', read)):
        if not name.endswith(("_FILE", "_FUNCTION")):
            assert name in known, f"{name} is a key that the inventory does not know"
    assert "bcrypt" in section("Keys")
    assert all(len(row) == 4 and all(row) for row in rows("Keys"))


def test_cryptography_comes_from_libraries():
    """Hashes that are broken protect nothing here, and no block cipher is used but through Fernet or AES-GCM."""
    weak = re.compile(
        r"hashlib\.(md5|sha1)\((?!.*usedforsecurity=False)|algorithms\.(ARC4|TripleDES)|modes\.ECB|PKCS1v15"
    )
    raw = re.compile(r"from Crypto\b|from cryptography\.hazmat\.primitives\.ciphers import (?!aead)")
    found = [place for place, text in sources().items() if weak.search(text) or raw.search(text)]
    assert found == []
    assert settings.SIMPLE_JWT["ALGORITHM"] == "HS256"


def test_names_of_sessions_cannot_be_guessed(univ):
    """32 signs of 36 from the system's generator: 165 bits."""
    keys = {SessionStore()._get_new_session_key() for _ in range(50)}
    assert len(keys) == 50
    assert all(len(key) == 32 and set(key) <= set(VALID_KEY_CHARS) for key in keys)
    assert len(VALID_KEY_CHARS) ** 32 > 2**128


def test_a_new_zone_has_nobody_in_it(univ, college):
    for zone in (univ, college):
        with zone_context(zone):
            assert not User.objects.exists()


def test_no_secret_questions():
    fields = {field.name for field in User._meta.get_fields()}
    assert not [name for name in fields if re.search(r"hint|question|answer", name)]


def test_nothing_is_changed_by_being_looked_at():
    """Every endpoint that changes something is asked by a method that is not safe."""
    safe = {(endpoint.path, endpoint.method) for endpoint in TABLE if endpoint.method == "GET"}
    verbs = re.compile(r"/(start|submit|answer|approve|refuse|revoke|logout|login|refresh|publish|delete|create)(/|$)")
    assert [path for path, _ in safe if verbs.search(f"/{path}")] == []
    assert any(endpoint.method == "POST" for endpoint in TABLE)


def test_nothing_secret_stands_in_an_address():
    """Neither tokens nor passwords are read from a query; links of mails carry theirs behind the `#` or once only."""
    query = re.compile(
        r"(request\.GET|query_params)(\.get\(|\[)\s*[\"'](token|access|refresh|password|key|secret)[\"']"
    )
    assert [place for place, text in sources().items() if query.search(text)] == []
    for endpoint in TABLE:
        assert not re.search(r"token|password|secret", endpoint.path.partition("?")[2])


def test_components_are_listed_and_looked_after():
    lock = (ROOT / "requirements.lock").read_text()
    pins = re.findall(r"^([a-zA-Z0-9._-]+)==([^\s;\\]+)", lock, re.M)
    assert len(pins) > 50
    assert lock.count("--hash=sha256:") >= len(pins)
    for words in ("`make advisories`", "NOT CHECKED", "within 3 days", "within 14", "monthly"):
        assert words in " ".join(section("Components").split())


def test_production_installs_no_tools_of_tests():
    names = {
        name.lower() for name in re.findall(r"^([a-zA-Z0-9._-]+)==", (ROOT / "requirements.lock").read_text(), re.M)
    }
    assert not names & {
        "pytest",
        "playwright",
        "hypothesis",
        "schemathesis",
        "moto",
        "oidc-provider-mock",
        "ruff",
        "mypy",
    }
    for place, text in sources().items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                module = getattr(node, "module", None) or node.names[0].name
                assert module.partition(".")[0] not in ("tests", "pytest"), place


def test_every_log_is_in_the_inventory():
    assert [row[0] for row in rows("Logs")] == ["audit log", "process log", "metrics"]
    handlers = settings.LOGGING["handlers"]
    assert {name: handler["class"] for name, handler in handlers.items()} == {"console": "logging.StreamHandler"}


def line(message: str, *args: object) -> str:
    record = logging.LogRecord("megacity.test", logging.WARNING, __file__, 1, message, args, None)
    return ZoneFormatter().format(record)


def test_times_of_logs_name_their_zone(univ):
    connection.set_tenant(univ)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z WARNING \[univ\] megacity\.test: said", line("said"))


@pytest.mark.parametrize("sign", ["\n", "\r\n", "\r", "\u2028", "\x1b[2J", "\x00", "\x85"])
def test_no_line_of_a_log_can_be_forged(univ, sign):
    forged = line("no such page: %s", f"/x{sign}2026-01-01T00:00:00.000Z INFO [univ] root: all is well")
    assert len(forged.splitlines()) == 1
    assert sign not in forged

"""Servers that sign their requests: what is taken, once, and what is refused and noted."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import time
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import ApiClient, ApiClientKey, ApiClientNonce, Organization
from accounts.people import Operator
from accounts.permissions import Role
from accounts.request_signature import WINDOW, Asked, canonical, matches, read_header, sign
from accounts.services import api_clients
from audit.models import Action, AuditEntry
from tests.cast import make_person
from tests.clients import SignedApi
from tests.threads import together
from zones.context import zone_context
from zones.problems import Invalid, NotAuthenticated, PermissionRefused
from zones.redis import client as redis_client

EXAMPLES = settings.BASE_DIR / "docs" / "examples"
VECTORS = json.loads((EXAMPLES / "signing_vectors.json").read_text())
CLASSES, EXAMS, ORGANIZATIONS = "/api/v1/classes", "/api/v1/exams", "/api/v1/organizations"
PERMISSIONS = ["class:*", "exam:read", "org:read"]


def example():
    spec = importlib.util.spec_from_file_location("sign_request", EXAMPLES / "sign_request.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def make_client(organization=None, **said):
    values = {"name": "Records", "permissions": PERMISSIONS if organization else ["exam:read", "org:read"], **said}
    return api_clients.create_client(person=Operator(), organization=organization, **values)


@pytest.fixture
def made(in_univ, cast):
    return make_client(cast.hana)


@pytest.fixture
def server(made, univ) -> SignedApi:
    _client, new = made
    return SignedApi(univ, new.key.pk, new.secret)


def last_refusal() -> AuditEntry:
    return AuditEntry.objects.filter(action=Action.PERMISSION_DENIED).latest("id")


# --- What is signed ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda v: v["case"])
def test_the_vectors_hold_for_the_server_and_for_the_example(vector):
    module, key, secret = example(), VECTORS["key"], VECTORS["secret"]
    said = [vector["method"], vector["url"], vector["content_type"], vector["body"].encode(), key]
    assert module.canonical(*said, vector["timestamp"], vector["nonce"]) == vector["canonical"]
    assert module.authorization(*said, secret, vector["timestamp"], vector["nonce"]) == vector["authorization"]
    host, path, query = re.fullmatch(r"https://([^/:]+)(?::\d+)?([^?]*)\??(.*)", vector["url"]).groups()
    asked = Asked(vector["method"], host, path, query, vector["content_type"], vector["body"].encode())
    signature = read_header(vector["authorization"])
    assert (
        canonical(asked, key=key, timestamp=vector["timestamp"], nonce=vector["nonce"]).decode() == vector["canonical"]
    )
    assert matches(signature, asked, secret)
    assert signature.header() == vector["authorization"]


def test_the_vectors_hold_for_the_example_in_typescript(tmp_path):
    """Runs where there is a Node that reads TypeScript (22.6 or later), or a compiler beside an older one."""
    node, compiler = shutil.which("node"), shutil.which("tsc")
    version = subprocess.run([node, "--version"], capture_output=True, text=True).stdout if node else "v0.0"
    major, minor = (int(number) for number in version.strip("v\n").split(".")[:2])
    (tmp_path / "package.json").write_text('{"type": "module"}')
    shutil.copy(EXAMPLES / "sign_request.ts", tmp_path)
    flags: list[str] = []
    if (major, minor) >= (22, 6):
        flags, name = ["--experimental-strip-types"], "sign_request.ts"
    elif node and compiler:
        command = [compiler, "--target", "es2022", "--module", "nodenext", "sign_request.ts"]
        subprocess.run(command, cwd=tmp_path, capture_output=True)
        name = "sign_request.js"
    else:
        pytest.skip("there is no Node here that runs TypeScript: the example was not tried")
    (tmp_path / "run.mjs").write_text(
        f'import {{ authorization }} from "./{name}";\n'
        'import { readFileSync } from "node:fs";\n'
        'const told = JSON.parse(readFileSync(process.argv[2], "utf8"));\n'
        "for (const v of told.vectors) {\n"
        "  const asked = { method: v.method, url: v.url, contentType: v.content_type, body: v.body };\n"
        "  console.log(authorization(asked, told.key, told.secret, v.timestamp, v.nonce));\n}\n"
    )
    command = [node, *flags, "run.mjs", str(EXAMPLES / "signing_vectors.json")]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=os.environ | {"NODE_OPTIONS": ""})
    assert ran.stdout.splitlines() == [vector["authorization"] for vector in VECTORS["vectors"]], ran.stderr


TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)


@given(asked=st.builds(Asked, st.just("POST"), st.just("api.x"), TEXT, TEXT, TEXT, st.binary(max_size=8)), other=TEXT)
def test_whatever_is_changed_changes_the_signature(asked, other):
    made = sign(asked, key="univ.abcdefgh", secret="s" * 40, timestamp=1, nonce="n" * 16)
    assert matches(made, asked, "s" * 40)
    assert not matches(made, asked, "t" * 40)
    for change in ({"method": "PUT"}, {"host": "api.y"}, {"path": asked.path + "/a"}, {"query": asked.query + "&a=1"}):
        assert not matches(made, Asked(**{**asked.__dict__, **change}), "s" * 40)
    for change in ({"content_type": asked.content_type + "x"}, {"body": asked.body + b"x"}):
        assert not matches(made, Asked(**{**asked.__dict__, **change}), "s" * 40)
    assert canonical(asked, key="k", timestamp=1, nonce="n").count(b"\n") == 9 + asked.content_type.strip().count("\n")


# --- Who is let in ----------------------------------------------------------------------------------------------------


def test_a_signed_request_is_answered_and_noted_as_the_clients(server, made, cast):
    answer = server.post(CLASSES, {"name": "From a server", "organization": str(cast.hana.pk)})
    assert answer.status_code == 201, answer.content
    entry = AuditEntry.objects.filter(resource_type="classroom", action=Action.CREATE).latest("id")
    assert (entry.user_id, entry.user_label) == (made[0].pk, "API client Records")
    assert entry.organization_id == cast.hana.pk
    assert ApiClientKey.objects.get().last_used_at is not None


def test_a_query_is_part_of_what_is_signed(server):
    assert server.get(EXAMS, {"search": "김 하늘", "ordering": "x"}).status_code in (200, 400)
    moved = server.get(f"{EXAMS}?page_size=1", HTTP_AUTHORIZATION=_header_for(server, EXAMS))
    assert moved.json()["code"] == "signature_invalid"


def _header_for(server: SignedApi, path: str, **changed) -> str:
    said = {"method": "GET", "host": server.defaults["HTTP_HOST"], "path": path, **changed}
    stamp = int(time.time())
    return sign(Asked(**said), key=server.key, secret=server.secret, timestamp=stamp, nonce="n" * 20).header()


def test_it_sees_its_organization_and_uses_its_permissions_alone(server, cast):
    assert [row["code"] for row in server.get(ORGANIZATIONS).json()["results"]] == ["hana"]
    duri = cast.duri.classrooms.create(name="Elsewhere")
    assert server.get(f"{CLASSES}/{duri.pk}").status_code == 404
    refused = server.get("/api/v1/users")
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
    assert last_refusal().user_label == "API client Records"


def test_a_server_makes_and_changes_no_administrators(in_univ, cast, univ):
    """Otherwise one with this single permission would make itself an account with all of its organization's."""
    _client, new = make_client(cast.hana, permissions=["user:create", "user:read", "user:update"])
    records = SignedApi(univ, new.key.pk, new.secret)
    body = {"email": "new@example.com", "display_name": "New", "password": "Str0ng-enough-1!", "role": "org_admin"}
    asked = [
        records.post("/api/v1/users", body),
        records.patch(f"/api/v1/users/{cast.bob.pk}", {"role": "org_admin"}),
        records.patch(f"/api/v1/users/{cast.anna.pk}", {"is_active": False}),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in asked] == [(403, "role_too_high")] * 3
    assert AuditEntry.objects.filter(action=Action.PERMISSION_DENIED).count() == 3
    assert records.post("/api/v1/users", {**body, "role": "teacher"}).status_code == 201
    _client, of_zone = make_client(None, name="Zone", permissions=["user:create"])
    zone = SignedApi(univ, of_zone.key.pk, of_zone.secret)
    for role in ("zone_admin", "org_admin"):
        assert zone.post("/api/v1/users", {**body, "role": role, "organization": str(cast.hana.pk)}).status_code == 403


def test_what_is_a_persons_own_a_server_has_not(server):
    for path in ("/api/v1/users/me", "/api/v1/users/me/password"):
        assert server.get(path).status_code in (403, 405)
    assert server.post("/api/v1/auth/logout").status_code == 204


def test_a_client_of_the_zone_sees_the_zone(in_univ, cast, univ):
    _client, new = make_client()
    codes = {row["code"] for row in SignedApi(univ, new.key.pk, new.secret).get(ORGANIZATIONS).json()["results"]}
    assert codes == {"hana", "duri"}


@pytest.mark.parametrize("surface", ["api", "app"])
def test_every_surface_with_the_api_takes_it(made, univ, surface):
    assert SignedApi(univ, made[1].key.pk, made[1].secret, surface).get(EXAMS).status_code == 200


# --- Who is not -------------------------------------------------------------------------------------------------------


def refused(answer, status: int, code: str, label: str = "") -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer["Content-Type"] == "application/problem+json"
    assert (last_refusal().details["code"], last_refusal().user_label) == (code, label)


@pytest.mark.parametrize("seconds", [-WINDOW + 5, WINDOW - 5])
def test_five_minutes_either_way_are_taken(server, seconds):
    server.at = seconds
    assert server.get(EXAMS).status_code == 200


@pytest.mark.parametrize("seconds", [-WINDOW - 5, WINDOW + 5, -(10**9), 10**9])
def test_more_than_five_minutes_are_not(server, seconds):
    server.at = seconds
    refused(server.get(EXAMS), 401, "signature_expired", "API client Records")


def test_nothing_is_taken_twice_even_when_redis_forgets(server):
    server.nonce = "the-same-nonce-again"
    assert server.get(EXAMS).status_code == 200
    redis_client().flushall()
    refused(server.get(EXAMS), 401, "signature_replayed", "API client Records")
    # What is signed again with the same nonce is another request, and refused as well.
    refused(server.get(ORGANIZATIONS), 401, "signature_replayed", "API client Records")


def test_a_nonce_is_kept_for_as_long_as_its_time_is_good(server):
    server.at = WINDOW - 5
    assert server.get(EXAMS).status_code == 200
    kept = ApiClientNonce.objects.get().expires_at - timezone.now()
    assert kept > timedelta(seconds=2 * WINDOW - 10)
    assert api_clients.forget_nonces() == 0
    ApiClientNonce.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert api_clients.forget_nonces() == 1


def test_of_many_at_once_one_is_taken(committed, cast, univ):
    with zone_context(univ):
        _client, new = make_client(cast.hana)
    signature = read_header(
        sign(
            Asked("GET", "h", "/"), key=new.key.pk, secret=new.secret, timestamp=int(time.time()), nonce="n" * 20
        ).header()
    )

    def admit():
        key = api_clients.find_key(signature)
        api_clients.admit(signature=signature, key=key, ip=None)

    answers = together(univ, *[admit] * 8)
    assert answers.count(None) == 1
    assert sum(isinstance(a, NotAuthenticated) and a.code == "signature_replayed" for a in answers) == 7


def test_a_query_is_compared_as_it_is_read(server):
    """Bytes that a client did not encode are UTF-8 to the views; in WSGI's Latin-1 they look like other characters."""
    raw = "search=\xc3\xa9"
    other = _header_for(server, EXAMS, query="search=%C3%83%C2%A9")
    refused(server.get(EXAMS, QUERY_STRING=raw, HTTP_AUTHORIZATION=other), 401, "signature_invalid")
    own = _header_for(server, EXAMS, query="search=%C3%A9")
    assert server.get(EXAMS, QUERY_STRING=raw, HTTP_AUTHORIZATION=own).status_code == 200


def test_the_schemes_letters_may_be_small_and_are_then_no_visitors(server):
    header = _header_for(server, CLASSES).replace("MegaCity-HMAC-SHA256", "megacity-hmac-sha256")
    assert server.get(CLASSES, HTTP_AUTHORIZATION=header).status_code == 200
    refused(server.get(EXAMS, HTTP_AUTHORIZATION=header), 401, "signature_invalid")


def test_a_changed_body_is_refused(server, cast):
    header = _header_for(server, CLASSES, method="POST", content_type="application/json", body=b'{"name": "A"}')
    answer = server.post(CLASSES, {"name": "B"}, HTTP_AUTHORIZATION=header)
    refused(answer, 401, "signature_invalid")
    assert not cast.hana.classrooms.filter(name="B").exists()
    assert not ApiClientNonce.objects.exists()


@pytest.mark.parametrize(
    "header",
    [
        "MegaCity-HMAC-SHA256",
        "MegaCity-HMAC-SHA256 key=univ.abc",
        "MegaCity-HMAC-SHA256 key=univ.abcdefgh, timestamp=-1, nonce=" + "n" * 16 + ", signature=" + "0" * 64,
        "MegaCity-HMAC-SHA256 key=univ.abcdefgh, timestamp=1, nonce=short, signature=" + "0" * 64,
        "MegaCity-HMAC-SHA256 key=univ.abcdefgh, timestamp=1, nonce=" + "n" * 16 + ", signature=" + "G" * 64,
        "MegaCity-HMAC-SHA256 key=univ.unknown-key, timestamp=1, nonce=" + "n" * 16 + ", signature=" + "0" * 64,
        "MegaCity-HMAC-SHA256 key=univ.é, timestamp=1, nonce=" + "n" * 16 + ", signature=" + "0" * 64,
    ],
)
def test_a_header_that_is_none_is_refused(server, header):
    refused(server.get(EXAMS, HTTP_AUTHORIZATION=header), 401, "signature_invalid")


def test_a_wrong_secret_learns_nothing_of_the_key(server, made):
    api_clients.update_client(person=Operator(), client=made[0], is_enabled=False)
    server.secret = "x" * 43
    refused(server.get(EXAMS), 401, "signature_invalid")


def test_a_key_of_another_zone_is_in_the_wrong_zone(made, college):
    other = SignedApi(college, made[1].key.pk, made[1].secret)
    answer = other.get(EXAMS)
    assert (answer.status_code, answer.json()["code"]) == (403, "wrong_zone")
    with zone_context(college):
        assert last_refusal().details["code"] == "wrong_zone"


def test_disabled_suspended_and_over_are_refused(server, made, cast):
    client, new = made
    api_clients.update_client(person=Operator(), client=client, is_enabled=False)
    refused(server.get(EXAMS), 403, "client_disabled", "API client Records")
    api_clients.update_client(person=Operator(), client=client, is_enabled=True)
    assert server.get(EXAMS).status_code == 200
    Organization.objects.filter(pk=cast.hana.pk).update(status=Organization.Status.SUSPENDED)
    refused(server.get(EXAMS), 403, "client_disabled", "API client Records")
    Organization.objects.filter(pk=cast.hana.pk).update(status=Organization.Status.ACTIVE)
    ApiClientKey.objects.filter(pk=new.key.pk).update(expires_at=timezone.now())
    refused(server.get(EXAMS), 403, "client_disabled", "API client Records")


def test_an_address_outside_its_networks_is_refused(server, made):
    api_clients.update_client(person=Operator(), client=made[0], networks=["198.51.100.0/24", "2001:db8::/32"])
    refused(server.get(EXAMS), 403, "client_network", "API client Records")
    assert server.get(EXAMS, REMOTE_ADDR="198.51.100.7").status_code == 200
    assert server.get(EXAMS, REMOTE_ADDR="2001:db8::1").status_code == 200


def test_a_secret_moved_to_another_row_opens_nothing(made, cast, in_univ, univ):
    other = make_client(cast.hana, name="Other")[1]
    there = ApiClientKey.objects.filter(pk=other.key.pk).values_list("secret", flat=True).get()
    ApiClientKey.objects.filter(pk=made[1].key.pk).update(secret=there)
    answer = SignedApi(univ, made[1].key.pk, other.secret).get(EXAMS)
    refused(answer, 401, "signature_invalid")


def test_too_large_a_body_is_refused_in_words(server, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    answer = server.post(CLASSES, {"name": "x" * 200})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


# --- Clients and keys -------------------------------------------------------------------------------------------------


def test_a_secret_is_stored_unreadable_and_never_logged(made):
    _client, new = made
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM accounts_apiclientkey")
        [[stored]] = cursor.fetchall()
    assert new.secret not in stored
    assert ApiClientKey.objects.get().secret == new.secret
    assert not [entry for entry in AuditEntry.objects.all() if new.secret in json.dumps(entry.details, default=str)]


def test_two_keys_are_good_while_a_client_changes_over(server, made, univ):
    client, first = made
    second = api_clients.rotate_key(person=Operator(), client=client)
    newer = SignedApi(univ, second.key.pk, second.secret)
    assert [s.get(EXAMS).status_code for s in (server, newer)] == [200, 200]
    third = api_clients.rotate_key(person=Operator(), client=client)
    newest = SignedApi(univ, third.key.pk, third.secret)
    assert [s.get(EXAMS).status_code for s in (server, newer, newest)] == [403, 200, 200]
    soon = ApiClientKey.objects.get(pk=second.key.pk).expires_at - timezone.now()
    assert timedelta(days=6) < soon <= timedelta(days=7)
    api_clients.rotate_key(person=Operator(), client=client, overlap=timedelta(0))
    assert newest.get(EXAMS).status_code == 403
    assert first.key.pk != second.key.pk


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"permissions": ["zone:read"]}, "permissions"),
        ({"permissions": ["*"]}, "permissions"),
        ({"permissions": ["user:*"]}, "permissions"),
        ({"permissions": []}, "permissions"),
        ({"networks": ["198.51.100.7/24"]}, "networks"),
        ({"networks": ["anywhere"]}, "networks"),
        ({"name": " "}, "name"),
    ],
)
def test_a_client_that_cannot_be_is_refused_by_field(in_univ, cast, said, field):
    with pytest.raises(Invalid) as refusal:
        make_client(cast.hana, **said)
    assert list(refusal.value.extra["errors"]) == [field]
    assert not ApiClient.objects.exists()


@pytest.mark.parametrize("name", ["anna", "alice", "bob", "paula"])
def test_the_zones_administrators_alone_make_clients(in_univ, cast, name):
    person = getattr(cast, name)
    with pytest.raises(PermissionRefused):
        api_clients.create_client(person=person, name="x", permissions=["exam:read"], organization=cast.hana)


def test_what_a_role_has_lost_its_clients_have_lost(made, monkeypatch):
    client = api_clients.as_person(made[0])
    assert client.allows("class:create")
    monkeypatch.setitem(api_clients.PERMISSIONS, Role.ORG_ADMIN, frozenset({"exam:read"}))
    assert not client.allows("class:create")
    assert client.allows("exam:read")


def run(*words: str) -> str:
    out = StringIO()
    call_command("api_client", *words, "--zone", "univ", stdout=out)
    return out.getvalue()


def test_the_command_makes_rotates_lists_and_disables(in_univ, cast, univ):
    said = run("create", "Records", "--organization", "hana", "--permission", "exam:read")
    key, secret = re.findall(r"^(?:key|secret) +(\S+)$", said, re.M)
    server = SignedApi(univ, key, secret)
    assert server.get(EXAMS).status_code == 200
    newer, _secret = re.findall(r"^(?:key|secret) +(\S+)$", run("rotate", "Records", "--overlap-days", "1"), re.M)
    listed = run("list")
    assert "Records: hana; exam:read" in listed
    assert key in listed
    assert newer in listed
    assert secret not in listed
    run("disable", "Records")
    assert server.get(EXAMS).status_code == 403
    run("enable", "Records")
    assert server.get(EXAMS).status_code == 200
    for wrong in (
        ["disable", "Nobody"],
        ["create", "Records", "--permission", "exam:read"],
        ["rotate", "Records", "--days", "0"],
    ):
        with pytest.raises(CommandError):
            run(*wrong)


def test_the_console_shows_a_secret_once(in_univ, cast, client_for, univ):
    browser = client_for(cast.zoe, surface="admin")
    said = {"name": "Records", "organization": str(cast.hana.pk), "permissions": ["exam:read"], "networks": ""}
    page = browser.post("/accounts/apiclient/add/", said)
    assert page.status_code == 200, page.headers
    assert "no-store" in page["Cache-Control"]
    assert not page.context["rotated"]
    key, secret = re.findall(r"<dd><code>([^<]+)</code>", page.content.decode())
    server = SignedApi(univ, key, secret)
    assert server.get(EXAMS).status_code == 200
    client = ApiClient.objects.get()
    change = browser.get(f"/accounts/apiclient/{client.pk}/change/").content.decode()
    assert key in change
    assert re.search(r'<textarea name="networks"[^>]*>\s*</textarea>', change)
    assert secret not in change
    assert browser.get(f"/accounts/apiclient/{client.pk}/rotate/").status_code == 405
    rotated = browser.post(f"/accounts/apiclient/{client.pk}/rotate/")
    assert key not in rotated.content.decode()
    assert rotated.context["rotated"]
    assert ApiClientKey.objects.count() == 2
    changed = browser.post(
        f"/accounts/apiclient/{client.pk}/change/", {"permissions": ["org:read"], "networks": "10.0.0.0/8"}
    )
    assert changed.status_code == 302
    client.refresh_from_db()
    assert (client.permissions, client.networks) == (["org:read"], ["10.0.0.0/8"])


def test_the_console_keeps_what_was_entered_of_a_client_that_cannot_be(in_univ, cast, client_for):
    browser = client_for(cast.zoe, surface="admin")
    said = {"name": "Records", "organization": "", "permissions": ["class:*"], "networks": "here"}
    page = browser.post("/accounts/apiclient/add/", said)
    assert page.status_code == 200
    assert set(page.context["adminform"].form.errors) == {"permissions", "networks"}
    assert 'value="Records"' in page.content.decode()
    assert not ApiClient.objects.exists()


def test_an_organizations_administrator_finds_no_clients_in_the_console(made, cast, client_for):
    browser = client_for(cast.anna, surface="admin")
    for page in ("", "add/", f"{made[0].pk}/change/"):
        assert browser.get(f"/accounts/apiclient/{page}").status_code == 403
    assert browser.post(f"/accounts/apiclient/{made[0].pk}/rotate/").status_code == 403


def test_a_zone_administrator_makes_no_client_above_their_own_role(in_univ, cast):
    sue = make_person("Sue", Role.SUPER_ADMIN)
    for person in (cast.zoe, sue):
        with pytest.raises(Invalid):
            api_clients.create_client(person=person, name="x", permissions=["class:create"])


def test_files_of_the_examples_are_there():
    assert {Path(f).name for f in EXAMPLES.iterdir()} >= {"sign_request.py", "sign_request.ts", "signing_vectors.json"}

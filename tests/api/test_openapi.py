"""The OpenAPI document: valid, complete, up to date, and browsable under the pages' content policy."""

import re

import pytest
import yaml
from django.conf import settings
from django.core.management import call_command
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.api.table import TABLE
from tests.clients import ApiClient, client_for

DOCUMENT = settings.BASE_DIR / "docs" / "openapi.yaml"
UPDATE = "manage.py spectacular --lang en --file docs/openapi.yaml"
WRITES = ("post", "patch", "put")


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> str:
    """The document as the code of today describes itself; a warning is an error."""
    path = tmp_path_factory.mktemp("openapi") / "openapi.yaml"
    call_command("spectacular", validate=True, fail_on_warn=True, lang="en", file=str(path))
    return path.read_text()


@pytest.fixture(scope="module")
def document(written) -> dict:
    return yaml.load(written, Loader=yaml.CSafeLoader)


def operations(document: dict) -> dict[tuple[str, str], dict]:
    return {
        (method, path): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def test_the_document_in_docs_is_up_to_date(written):
    assert DOCUMENT.read_text() == written, f"run: {UPDATE}"


def test_it_is_valid_openapi(document):
    assert document["openapi"].startswith("3.1")
    assert [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_it_describes_every_endpoint(document):
    described = {(method.upper(), path) for method, path in operations(document)}
    plain = {(e.method, "/api/v1/" + e.path.replace("<uuid:", "{").replace(">", "}")) for e in TABLE}
    assert described == plain - {("GET", "/api/v1/schema"), ("GET", "/api/v1/docs")}


def test_operations_have_their_own_ids_a_known_tag_and_words(document):
    found = operations(document).values()
    ids = [operation["operationId"] for operation in found]
    assert len(ids) == len(set(ids))
    tags = {tag["name"] for tag in document["tags"]}
    assert {operation["tags"][0] for operation in found} == tags
    assert all(operation["description"] for operation in found)


def test_refusals_are_problem_details(document):
    for (method, path), operation in operations(document).items():
        refusals = [status for status in operation["responses"] if status >= "400"]
        assert "429" in refusals, (method, path)
        for status in refusals:
            name = operation["responses"][status]["$ref"].rpartition("/")[2]
            content = document["components"]["responses"][name]["content"]
            assert content["application/problem+json"]["schema"]["$ref"].endswith("/ProblemDetails")
            assert content["application/problem+json"]["example"]["status"] == int(status)
    wait = document["components"]["responses"]["Throttled"]["headers"]
    assert "Retry-After" in wait


def test_the_main_calls_have_examples(document):
    found = operations(document)
    for path in (
        "auth/login",
        "auth/register",
        "exams/{exam_id}/start",
        "attempts/{attempt_id}/answer",
        "exams",
        "items",
    ):
        body = found["post", f"/api/v1/{path}"]["requestBody"]["content"]["application/json"]
        assert body["examples"], path


def test_what_is_open_to_visitors_says_so(document):
    found = operations(document)
    assert found["post", "/api/v1/auth/login"]["security"] == [{}]
    assert {} in found["get", "/api/v1/exams"]["security"]
    assert {} not in found["get", "/api/v1/items"]["security"]


@pytest.mark.parametrize("accept", ["application/vnd.oai.openapi", "application/vnd.oai.openapi+json"])
def test_it_is_served(univ, accept):
    served = yaml.safe_load(ApiClient(univ).get("/api/v1/schema", HTTP_ACCEPT=accept).content)
    assert len(operations(served)) == len(TABLE) - 2


def test_the_page_has_no_inline_script_or_style(univ):
    response = client_for(None, "app", univ).get("/api/v1/docs")
    assert response.status_code == 200
    page = response.content.decode()
    assert "'unsafe-inline'" not in response["Content-Security-Policy"]
    assert "<style" not in page
    assert "style=" not in page
    assert re.findall(r"<script(?![^>]*src=)", page) == []
    script = re.search(r'<script src="([^"]*script=[^"]*)"', page).group(1)
    code = client_for(None, "app", univ).get(f"/api/v1/docs{script[script.index('?') :]}")
    assert "javascript" in code["Content-Type"]
    assert "SwaggerUIBundle" in code.content.decode()

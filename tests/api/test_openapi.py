"""The OpenAPI document: valid, complete, up to date, and browsable under the pages' content policy."""

import re

import pytest
import yaml
from django.conf import settings
from django.core.management import call_command
from jsonschema import Draft202012Validator
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
    plain = {(e.method, "/api/v1/" + re.sub(r"<\w+:(\w+)>", r"{\1}", e.path)) for e in TABLE}
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


def examples(part: dict) -> list:
    """Of a parameter or of a body in one format."""
    return [part["example"]] if "example" in part else [named["value"] for named in part.get("examples", {}).values()]


def bodies(operation: dict) -> list[dict]:
    """What is sent, and what is answered where nothing is refused, with their shapes."""
    answers = [answer for status, answer in operation["responses"].items() if status < "300"]
    return [
        media for body in (operation.get("requestBody", {}), *answers) for media in body.get("content", {}).values()
    ]


def test_every_body_has_an_example_and_what_has_no_body_one_of_its_parameters(document):
    for (method, path), operation in operations(document).items():
        assert all(examples(media) for media in bodies(operation)), (method, path)
        own = [p for p in operation.get("parameters", ()) if p["in"] != "query"]
        assert all(examples(parameter) for parameter in own), (method, path)
        assert bodies(operation) or own, (method, path)


def test_examples_have_the_shape_that_they_are_examples_of(document):
    # Shapes allow members that they do not name; here such a one is a slip of the pen.
    known = document["components"]["schemas"].items()
    strict = {name: shape | ({"additionalProperties": False} if "properties" in shape else {}) for name, shape in known}
    wrong = []
    for (method, path), operation in operations(document).items():
        for part in [*bodies(operation), *operation.get("parameters", ())]:
            shape = Draft202012Validator({**part["schema"], "components": {"schemas": strict}})
            for example in examples(part):
                wrong += [f"{method} {path}: {e.json_path}: {e.message}" for e in shape.iter_errors(example)]
    assert not wrong, "\n" + "\n".join(wrong)


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

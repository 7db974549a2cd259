"""How our views appear in the OpenAPI document."""

from collections.abc import Sequence
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from rest_framework import serializers

from accounts.api.permissions import OPEN, SIGNED_IN, required
from accounts.permissions import Role, role_allows
from megacity.api.examples import add_examples


class ProblemDetails(serializers.Serializer):
    """RFC 9457. Some codes add members: `errors` names each bad field, `problems` what an author must mend."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField(help_text="Stable; program against this one.")
    detail = serializers.CharField()


# status: (name of the reusable response, code of its example, title of its example)
REFUSALS = {
    "400": ("Invalid", "invalid", "The request is not valid."),
    "401": ("NotAuthenticated", "not_authenticated", "Please log in."),
    "403": ("Refused", "permission_denied", "You are not allowed to do this."),
    "404": ("NotFound", "not_found", "There is no such thing here."),
    "409": ("Conflict", "conflict", "This does not fit what is stored already."),
    "413": ("TooLarge", "too_large", "The body of the request is too large."),
    "415": ("UnsupportedMediaType", "unsupported_media_type", "Unsupported media type in request."),
    "429": ("Throttled", "throttled", "Too many requests."),
}


class CityGenerator(SchemaGenerator):
    """Describes the API surface, wherever the command or the page that asks for it runs."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "urlconf": kwargs.get("urlconf") or "megacity.urls.api"})

    def get_schema(self, request: Any = None, public: bool = False) -> dict[str, Any]:
        document = super().get_schema(request, public)
        for shape in document["components"]["schemas"].values():
            for member in shape.get("properties", {}).values():
                # DRF's paginators still say null as OpenAPI 3.0 did; 3.1 does not know the word.
                if member.pop("nullable", False):
                    member["type"] = [member["type"], "null"]
        return document


class CitySchema(AutoSchema):
    """Adds examples and the refusals that an operation may give, and says which permission it needs."""

    def get_operation(self, path, path_regex, path_prefix, method, registry):
        operation = super().get_operation(path, path_regex, path_prefix, method, registry)
        if operation is None:
            return None
        add_examples(operation)
        permission = required(self.view, method)
        for status in self._refusals(operation, method, permission):
            operation["responses"].setdefault(status, self._refusal(status))
        operation["responses"] = dict(sorted(operation["responses"].items()))
        if permission:
            operation["description"] = f"{operation.get('description', '')}\n\n{_said(permission)}".strip()
        return operation

    def get_summary(self) -> str:
        """The first sentence of the view's own words."""
        return self.get_description().strip().partition("\n")[0].partition("; ")[0].partition(". ")[0].rstrip(".")

    def _insert_field_validators(self, field: Any, schema: dict) -> None:
        super()._insert_field_validators(field, schema)
        # What may be empty is one of two. The default is the choice's: the first one's pattern might refuse it.
        if "default" in (first := schema.get("oneOf", [{}])[0]):
            schema["default"] = first.pop("default")

    def _refusals(self, operation: dict, method: str, permission: Any) -> Sequence[str]:
        places = {parameter["in"] for parameter in operation.get("parameters", ())}
        has_body = "requestBody" in operation
        also = getattr(self.view, "also_refuses", ())
        happens = {
            # The guard refuses an address that is none, whatever would lie there.
            "400": has_body or "query" in places or "path" in places,
            "401": permission != OPEN or has_body or "cookie" in places,
            "403": True,
            # A body may name things, too.
            "404": "path" in places or "query" in places or has_body,
            "409": method in ("POST", "PATCH") and permission != OPEN,
            "413": has_body,
            "415": has_body,
            "429": True,
        }
        return [status for status, it_does in happens.items() if it_does or status in also]

    def _refusal(self, status: str) -> dict:
        name, code, title = REFUSALS[status]
        example = {"type": "about:blank", "title": title, "status": int(status), "code": code, "detail": title}
        shape = self.resolve_serializer(ProblemDetails, "response").ref
        schema: dict[str, Any] = {
            "description": title,
            "content": {"application/problem+json": {"schema": shape, "example": example}},
        }
        if status == "429":
            wait = {"description": "Seconds until the next try.", "schema": {"type": "integer"}}
            schema["headers"] = {"Retry-After": wait}
        response = ResolvedComponent(name, ResolvedComponent.RESPONSE, schema, name)
        self.registry.register_on_missing(response)
        return response.ref

    def get_auth(self):
        permission = required(self.view, self.method)
        if permission == OPEN:
            return [{}]
        # Visitors are guests: what guests may do needs no log-in.
        is_for_guests = isinstance(permission, str) and role_allows(Role.GUEST, permission)
        return [*super().get_auth(), *([{}] if is_for_guests else [])]


def _said(permission: str | tuple[str, ...]) -> str:
    if permission == SIGNED_IN:
        return "For everybody who has logged in."
    names = [permission] if isinstance(permission, str) else permission
    return f"Permission: {' or '.join(f'`{name}`' for name in names)}."


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = "accounts.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema):
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


class SessionScheme(OpenApiAuthenticationExtension):
    target_class = "accounts.api.authentication.PageSessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema):
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": "sessionid",
            "description": "On `app.` alone; what changes something needs the header X-CSRFToken too.",
        }


class SignatureScheme(OpenApiAuthenticationExtension):
    target_class = "accounts.api.signatures.SignatureAuthentication"
    name = "signature"

    def get_security_definition(self, auto_schema):
        return {
            "type": "http",
            "scheme": "MegaCity-HMAC-SHA256",
            "description": "Other servers sign each request with the key of an API client; see docs/signing.md.",
        }

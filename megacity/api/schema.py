"""How our views appear in the OpenAPI document."""

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers

from accounts.api.permissions import OPEN, required


class ProblemDetails(serializers.Serializer):
    """RFC 9457."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField(help_text="Stable; program against this one.")
    detail = serializers.CharField()


class CitySchema(AutoSchema):
    """Adds the refusals that every operation may give, and says which permission it needs."""

    REFUSALS = {"400": "Invalid", "401": "Not logged in", "403": "Not allowed", "404": "Not found", "429": "Throttled"}

    def get_operation(self, path, path_regex, path_prefix, method, registry):
        operation = super().get_operation(path, path_regex, path_prefix, method, registry)
        if operation is None:
            return None
        problem = registry_reference(self, ProblemDetails)
        for status, title in self.REFUSALS.items():
            content = {"application/problem+json": {"schema": problem}}
            operation["responses"].setdefault(status, {"description": title, "content": content})
        permission = required(self.view, method)
        if permission:
            operation["description"] = f"{operation.get('description', '')}\n\nPermission: `{permission}`.".strip()
        return operation

    def get_auth(self):
        return [{}] if required(self.view, self.method) == OPEN else super().get_auth()


def registry_reference(schema: AutoSchema, serializer: type[serializers.Serializer]) -> dict:
    return schema.resolve_serializer(serializer, "response").ref


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = "accounts.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema):
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


class SessionScheme(OpenApiAuthenticationExtension):
    target_class = "accounts.api.authentication.PageSessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema):
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}

"""Reading the body of a request."""

from typing import Any

from rest_framework.request import Request
from rest_framework.serializers import Serializer


def checked(shape: type[Serializer], request: Request) -> dict[str, Any]:
    """The body as `shape` reads it; raises DRF's ValidationError, which names each bad field."""
    serializer = shape(data=request.data)
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data

"""The zone's audit log, for its administrators. Here and not in audit, which knows of no permissions."""

import django_filters
from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView, ListAPIView
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import serializers as shapes
from accounts.api.body import checked
from accounts.api.filters import MomentFilter, RangeFilterSet
from audit import exporting
from audit.models import Action, AuditEntry


class NewestEntries(CursorPagination):
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200
    ordering = ("-at", "-id")


class AuditFilter(RangeFilterSet):
    ranges = (("since", "until"),)

    since = MomentFilter("at", "gte", help_text="From this time on (ISO 8601).")
    until = MomentFilter("at", "lt", help_text="Before this time.")
    user = django_filters.UUIDFilter("user_id")
    action = django_filters.MultipleChoiceFilter(choices=Action.choices)
    organization = django_filters.UUIDFilter("organization_id")
    resource_type = django_filters.CharFilter()

    class Meta:
        model = AuditEntry
        fields: list[str] = []


class AuditLogsView(ListAPIView):
    permission = "zone:read"
    serializer_class = shapes.AuditShape
    filterset_class = AuditFilter
    pagination_class = NewestEntries
    queryset = AuditEntry.objects.all()

    @extend_schema(operation_id="admin_audit_logs")
    def get(self, request: Request) -> Response:
        """Who did what, when and from where, newest first. Each question leaves a row of its own in the log."""
        answer = self.list(request)
        exporting.record_reading(asked_of(request))
        return answer


class AuditExportView(GenericAPIView):
    """Without pages, as a file; the filters are those of the list, in the address."""

    permission = exporting.PERMISSION
    serializer_class = shapes.AuditExportShape
    filterset_class = AuditFilter
    pagination_class = None
    queryset = AuditEntry.objects.all()

    @extend_schema(
        operation_id="admin_audit_logs_export",
        filters=True,
        request=shapes.AuditExportShape,
        responses={(200, "text/csv"): OpenApiTypes.STR, (200, "application/x-ndjson"): OpenApiTypes.STR},
    )
    def post(self, request: Request) -> StreamingHttpResponse:
        """The log as CSV or JSON lines, newest first. The reason is recorded, with who asked for what."""
        said = checked(shapes.AuditExportShape, request)
        entries = self.filter_queryset(self.get_queryset())
        stream = exporting.export(person=request.user, entries=entries, asked=asked_of(request), **said)
        response = StreamingHttpResponse(stream, content_type=exporting.MEDIA_TYPES[said["format"]])
        response["Content-Disposition"] = f'attachment; filename="audit-log.{said["format"]}"'
        return response


def asked_of(request: Request) -> dict[str, list[str]]:
    """The question in the address, as the log keeps it; where in the pages one is does not matter."""
    return {name: values for name, values in request.query_params.lists() if name in AuditFilter.base_filters}

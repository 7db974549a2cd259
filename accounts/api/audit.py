"""The zone's audit log, for its administrators. Here and not in audit, which knows of no permissions."""

import django_filters
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import serializers as shapes
from accounts.api.filters import MomentFilter
from audit.models import Action, AuditEntry


class NewestEntries(CursorPagination):
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200
    ordering = ("-at", "-id")


class AuditFilter(django_filters.FilterSet):
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
        """Who did what, when and from where, newest first."""
        return self.list(request)

"""What I was told."""

from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import selectors
from accounts.api import serializers as shapes
from accounts.api.permissions import SIGNED_IN
from accounts.models import Notice
from accounts.services import notices


class NoticesView(ListAPIView):
    permission = SIGNED_IN
    serializer_class = shapes.NoticeShape
    queryset = Notice.objects.none()

    def get_queryset(self) -> QuerySet[Notice]:
        return selectors.notices(self.request.user)

    @extend_schema(operation_id="notices_list")
    def get(self, request: Request) -> Response:
        """What I was told, newest first; in the language of Accept-Language."""
        return self.list(request)


class ReadNoticeView(APIView):
    permission = SIGNED_IN

    @extend_schema(operation_id="notices_read", request=None, responses={204: None})
    def post(self, request: Request, notice_id: UUID) -> Response:
        """Mark one as read; a second time changes nothing."""
        notices.mark_read(person=request.user, notice_id=notice_id)
        return Response(status=204)


class ReadAllNoticesView(APIView):
    permission = SIGNED_IN

    @extend_schema(operation_id="notices_read_all", request=None, responses={200: shapes.Marked})
    def post(self, request: Request) -> Response:
        """Mark all as read; how many were not."""
        return Response({"marked": notices.mark_all_read(person=request.user)})

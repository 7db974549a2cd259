"""The item bank, for its authors alone: keys and parameters are on these pages."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import django_filters
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.body import checked
from accounts.api.filters import RangeFilterSet
from exams.api.catalogue import owner
from exams.api.serializers import items as shapes
from exams.models import ContentArea, Item, ItemVersion
from exams.selectors.bank import get_item, visible_items, with_contents
from exams.services import bank
from zones.problems import Invalid

# Whoever has every right over exams has it over their items too (exams.authority.require).
READ, CREATE, UPDATE = ("item:read", "exam:*"), ("item:create", "exam:*"), ("item:update", "exam:*")

VERSION = {
    "texts": [
        {
            "language": "ko",
            "stem": "$x^2 = 9$를 만족하는 양수 $x$는?",
            "options": ["$3$", "$9$", "$81$", "$-3$"],
            "explanation": "$3^2 = 9$이다.",
        }
    ],
    "key": 1,
    "discrimination": 1.2,
    "difficulty": -0.8,
    "guessing": 0.2,
    "source": "assumed",
}


class ItemFilter(RangeFilterSet):
    ranges = (("difficulty_min", "difficulty_max"),)

    area = django_filters.CharFilter("area__code", help_text="A content area's code.")
    status = django_filters.MultipleChoiceFilter(choices=Item.Status.choices)
    kind = django_filters.MultipleChoiceFilter("current__kind", choices=ItemVersion.Kind.choices)
    tag = django_filters.CharFilter(method="by_tag", help_text="With this tag.")
    language = django_filters.CharFilter("current__texts__language", help_text="Written in this language.")
    difficulty_min = django_filters.NumberFilter("current__difficulty", "gte", help_text="In logits.")
    difficulty_max = django_filters.NumberFilter("current__difficulty", "lte", help_text="In logits.")
    organization = django_filters.UUIDFilter("organization_id")
    search = django_filters.CharFilter("code", "icontains", help_text="Part of the code.")

    class Meta:
        model = Item
        fields: list[str] = []

    def by_tag(self, items: QuerySet[Item], name: str, tag: str) -> QuerySet[Item]:
        return items.filter(tags__contains=[tag])


class ItemsView(ListAPIView):
    permission = {"GET": READ, "POST": CREATE}
    serializer_class = shapes.ItemRow
    filterset_class = ItemFilter
    queryset = Item.objects.none()

    def get_queryset(self) -> QuerySet[Item]:
        items = visible_items(self.request.user).filter(current__isnull=False)
        # Without joins: the page is cut from the index of items, and its policies are asked of its rows alone.
        return items.select_related(None).prefetch_related("area", "organization", "current__texts")

    @extend_schema(operation_id="items_list")
    def get(self, request: Request) -> Response:
        """The zone's items and those of my organization, newest first."""
        return self.list(request)

    @extend_schema(
        operation_id="items_create",
        request=shapes.ItemNew,
        responses={201: shapes.ItemDetail},
        examples=[OpenApiExample("A draft", {"code": "roots-9", "area": "algebra", **VERSION}, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        """A new item with its first version. Pictures are added in the console."""
        body = checked(shapes.ItemNew, request)
        area = ContentArea.objects.filter(code=body["area"]).first()
        if area is None:
            raise Invalid(errors={"area": [_("There is no content area %(code)s.") % {"code": body["area"]}]})
        item = bank.create_item(
            person=request.user,
            code=body["code"],
            area=area,
            draft=shapes.draft_from(body),
            organization=owner(request, body),
            status=body["status"],
            tags=body["tags"],
        )
        return Response(_shown(request, item.pk), status=201)


def _shown(request: Request, item_id: UUID) -> Mapping[str, Any]:
    item = get_item(request.user, item_id)
    item.current = with_contents([item.current_id])[0]
    return shapes.ItemDetail(item).data


class ItemView(APIView):
    permission = {"GET": READ, "PATCH": UPDATE}

    @extend_schema(operation_id="items_read", responses={200: shapes.ItemDetail})
    def get(self, request: Request, item_id: UUID) -> Response:
        """One item with the contents, key and parameters of its current version."""
        return Response(_shown(request, item_id))

    @extend_schema(
        operation_id="items_change",
        request=shapes.ItemChange,
        responses={200: shapes.ItemDetail},
        examples=[OpenApiExample("Tags and enemies", {"tags": ["proof"], "enemies": ["roots-10"]}, request_only=True)],
    )
    def patch(self, request: Request, item_id: UUID) -> Response:
        """Set tags and enemies, which exams' constraints go by; versions stay as they are."""
        body = checked(shapes.ItemChange, request)
        item = get_item(request.user, item_id)
        with transaction.atomic():
            if "tags" in body:
                bank.set_tags(person=request.user, item=item, tags=body["tags"])
            if "enemies" in body:
                bank.set_enemies(person=request.user, item=item, codes=body["enemies"])
        return Response(_shown(request, item_id))


class VersionsView(APIView):
    permission = UPDATE

    @extend_schema(
        operation_id="items_versions_create",
        request=shapes.VersionNew,
        responses={201: shapes.ItemDetail},
        examples=[OpenApiExample("The next version", VERSION, request_only=True)],
    )
    def post(self, request: Request, item_id: UUID) -> Response:
        """Make this the current version. The same contents as before make no new one; running attempts keep theirs."""
        item = get_item(request.user, item_id)
        bank.new_version(person=request.user, item=item, draft=shapes.draft_from(checked(shapes.VersionNew, request)))
        return Response(_shown(request, item_id), status=201)


class StatusView(APIView):
    permission = UPDATE

    @extend_schema(
        operation_id="items_status",
        request=shapes.StatusChange,
        responses={200: shapes.ItemDetail},
        examples=[OpenApiExample("Give it in exams", {"status": "active"}, request_only=True)],
    )
    def post(self, request: Request, item_id: UUID) -> Response:
        """One step on its way: draft, field test, active, retired; a 409 lists the steps that are allowed."""
        item = get_item(request.user, item_id)
        bank.set_status(person=request.user, item=item, **checked(shapes.StatusChange, request))
        return Response(_shown(request, item_id))

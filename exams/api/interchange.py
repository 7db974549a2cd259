"""Files of other systems: uploaded, looked at, confirmed; and the bank as such a file."""

from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.body import checked
from exams.api.catalogue import owner
from exams.api.items import CREATE, READ
from exams.api.serializers import interchange as shapes
from exams.interchange import workbook
from exams.interchange.package import Written
from exams.models import ContentArea, ImportBatch, Item
from exams.problems import FileTooLarge
from exams.selectors.exams import get_exam
from exams.selectors.interchange import get_import
from exams.services import interchange
from exams.services.interchange import Choices
from zones.problems import Invalid

ROWS = 50
# As what a file of the bank comes, by its format, and how it begins.
FILES = {
    "application/zip": "PK…",
    "application/xml": "<quiz>…",
    "text/plain": "::One:: 1 + 1 = ? {=2 ~3}…",
    "text/csv": "code,title,kind…",
    workbook.MEDIA_TYPE: "PK…",
}
REPORT = {
    "format": "gift",
    "left_out": ["steps-3"],
    "losses": [{"item": "steps-3", "words": "GIFT has no questions of this kind (ordering)."}],
}


class ImportsView(APIView):
    permission = CREATE
    parser_classes = [MultiPartParser]

    @extend_schema(
        operation_id="imports_create",
        request={"multipart/form-data": shapes.ImportNew},
        responses={201: shapes.ImportShown},
    )
    def post(self, request: Request) -> Response:
        """Upload a file to be looked at; nothing is written to the bank until it is confirmed.

        A large file is still being read when this answers (`status` "uploaded"): ask for it again in some seconds. One
        that cannot be read is answered too, with `status` "failed" and the reason in `problem`.
        """
        if interchange.announces_too_much(request.META):
            raise FileTooLarge(interchange.too_large_words())
        body = checked(shapes.ImportNew, request)
        batch = interchange.preview(
            person=request.user,
            file=body["file"],
            file_name=body["file"].name,
            format=body["format"],
            language=body["language"],
            area=_area(body["area"]) if "area" in body else None,
            organization=owner(request, body),
        )
        return Response(_shown(batch, 1), status=201)


def _area(code: str) -> ContentArea:
    area = ContentArea.objects.filter(code=code).first()
    if area is None:
        raise Invalid(errors={"area": [_("There is no content area %(code)s.") % {"code": code}]})
    return area


def _shown(batch: ImportBatch, number: Any) -> dict[str, Any]:
    pages = Paginator(batch.items.select_related("area").order_by("position"), ROWS)
    page = pages.get_page(number)
    rows = shapes.ImportRow(page, many=True).data
    return {**shapes.ImportSummary(batch).data, "page": page.number, "pages": pages.num_pages, "items": rows}


class ImportView(APIView):
    permission = CREATE

    @extend_schema(
        operation_id="imports_read",
        parameters=[OpenApiParameter("page", int, description="Of its questions, 50 a page.")],
        responses={200: shapes.ImportShown},
    )
    def get(self, request: Request, import_id: UUID) -> Response:
        """What would come of the file, question by question; after the import, what came of it."""
        return Response(_shown(get_import(request.user, import_id), request.query_params.get("page")))


class ImportConfirmView(APIView):
    permission = CREATE

    @extend_schema(operation_id="imports_confirm", request=shapes.ImportConfirm, responses={200: shapes.ImportShown})
    def post(self, request: Request, import_id: UUID) -> Response:
        """Write all that was chosen, or nothing; a second call changes nothing.

        A large import is still being written when this answers (`status` "importing").
        """
        batch = get_import(request.user, import_id)
        choices = Choices(**checked(shapes.ImportConfirm, request))
        return Response(_shown(interchange.import_batch(person=request.user, batch=batch, choices=choices), 1))


class ExportsView(APIView):
    permission = READ

    @extend_schema(
        operation_id="exports_read",
        parameters=[shapes.ExportAsked],
        responses={
            (200, "application/json"): shapes.ExportReport,
            **{(200, kind): OpenApiResponse(OpenApiTypes.BINARY, "The file.") for kind in FILES},
        },
        examples=[
            OpenApiExample("With report", REPORT, response_only=True, media_type="application/json"),
            *(OpenApiExample("The file", text, response_only=True, media_type=kind) for kind, text in FILES.items()),
        ],
    )
    def get(self, request: Request) -> HttpResponse:
        """The items that I may read, as a file; with `report`, what that format cannot hold of them."""
        asked = _asked(request)
        given = {"person": request.user, "format": asked["format"], "language": asked["language"]}
        if "exam" in asked:
            written = interchange.export_exam(exam=get_exam(request.user, asked["exam"]), **given)
        else:
            written = interchange.export_items(items=_chosen(asked), **given)
        if asked["report"]:
            return Response(_report(asked["format"], written))
        response = HttpResponse(written.content, content_type=written.media_type)
        response["Content-Disposition"] = f'attachment; filename="items{written.suffix}"'
        response["X-Content-Type-Options"] = "nosniff"
        return response


def _asked(request: Request) -> dict[str, Any]:
    return shapes.ExportAsked().run_validation(request.query_params)


def _chosen(asked: dict[str, Any]) -> QuerySet[Item]:
    items = Item.objects.all()
    if "area" in asked:
        items = items.filter(area__code=asked["area"])
    return items.filter(code__in=asked["code"]) if asked.get("code") else items


def _report(format: str, written: Written) -> dict[str, Any]:
    losses = [{"item": item, "words": str(loss.words)} for item, loss in written.losses]
    return {"format": format, "left_out": list(written.left_out), "losses": losses}

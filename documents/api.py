"""The REST door to collections and documents. Thin: validates, makes one call, answers JSON."""

from typing import Any

from django.conf import settings
from django.db.models import BooleanField, Exists, OuterRef
from django.http import StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response

from documents import managing
from documents.downloading import original_response
from documents.listing import DocumentFilter, listed_documents
from documents.models import Collection, Document, Page
from documents.parsing.content import ParsingError
from documents.querysets import CollectionQuerySet, DocumentQuerySet
from documents.reasons import reason_in_language
from documents.rights import MayCall, ReadingAndWriting, actor_of, may_shape
from documents.serializers import (
    CollectionSerializer,
    DocumentListQuery,
    DocumentSerializer,
    PageSerializer,
    UploadedDocumentSerializer,
    UploadForm,
)
from documents.uploading import accept_upload
from qabot.models import ApiKey
from qabot.openapi import problems
from qabot.problems import Problem
from qabot.request_bodies import FORM_BYTES, BoundedBody

PAGE_NUMBER = {"type": "integer", "minimum": 1, "maximum": 999_999_999}  # as its address takes it
STATUS_OF_REFUSED_FILE = {"unsupported": 415, "too_large": 413}  # by the ParsingError's code; any other is 422


class MayShapeCollections(MayCall):
    """Whoever reads may list collections; staff who may shape them do, and not by a key limited to some."""

    message = "Only staff with the permission may make and change collections, and not by a key limited to some."

    def has_permission(self, request: Request, view: Any) -> bool:
        allowed = super().has_permission(request, view)
        limited = isinstance(request.auth, ApiKey) and request.auth.limited
        verb = "add" if request.method == "POST" else "change"
        return allowed and (request.method in SAFE_METHODS or (may_shape(request.user, verb) and not limited))


@extend_schema_view(
    list=extend_schema(
        summary="List the collections you may read", responses={200: CollectionSerializer, **problems(404)}
    ),
    retrieve=extend_schema(summary="One collection", responses={200: CollectionSerializer, **problems(403, 404)}),
    create=extend_schema(
        summary="Make a collection (staff)", responses={201: CollectionSerializer, **problems(400, 403)}
    ),
    partial_update=extend_schema(
        summary="Change a collection (staff)", responses={200: CollectionSerializer, **problems(400, 403, 404)}
    ),
)
class CollectionViewSet(
    ReadingAndWriting,
    BoundedBody,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.CreateModelMixin,
    mixins.UpdateModelMixin,
    viewsets.GenericViewSet,
):
    """A collection is a shelf of documents with one permission for all of them."""

    queryset = Collection.objects.none()
    serializer_class = CollectionSerializer
    permission_classes = [MayShapeCollections]
    lookup_field = "slug"
    lookup_value_regex = r"[-\w]+"
    http_method_names = ["get", "head", "options", "post", "patch"]

    def get_queryset(self) -> CollectionQuerySet:
        addable = Collection.objects.addable_by(actor_of(self.request)).filter(pk=OuterRef("pk"))
        may_add = Exists(addable, output_field=BooleanField())
        visible = Collection.objects.visible_to(actor_of(self.request)).with_counts()
        return visible.annotate(may_add=may_add).order_by("name", "pk")

    def perform_create(self, serializer: Any) -> None:
        collection = serializer.save()
        managing.keep_in(collection, self.request.user)
        serializer.instance = self.get_queryset().get(pk=collection.pk)


@extend_schema_view(
    list=extend_schema(
        summary="List the documents you may read, newest first",
        parameters=[DocumentListQuery],
        responses={200: DocumentSerializer, **problems(400, 403, 404)},
    ),
    retrieve=extend_schema(
        summary="One document, and how far it is", responses={200: DocumentSerializer, **problems(403, 404)}
    ),
)
class DocumentViewSet(
    ReadingAndWriting, BoundedBody, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet
):
    """A document is one uploaded file. It can be asked about once its status is `ready`."""

    queryset = Document.objects.none()
    serializer_class = DocumentSerializer
    permission_classes = [MayCall]
    parser_classes = [MultiPartParser]
    lookup_value_regex = r"\d{1,19}"

    @property
    def rate_group(self) -> str:
        return "upload" if self.action == "create" else "api"

    def max_body_bytes(self) -> int:
        return settings.QABOT_MAX_UPLOAD_BYTES + FORM_BYTES if self.action == "create" else super().max_body_bytes()

    def get_queryset(self) -> DocumentQuerySet:
        return listed_documents(actor_of(self.request), self._narrowed())

    def _narrowed(self) -> DocumentFilter:
        if self.action != "list":
            return DocumentFilter()
        query = DocumentListQuery(data=self.request.query_params)
        query.is_valid(raise_exception=True)
        return query.narrowed

    @extend_schema(
        summary="Upload a document",
        request={"multipart/form-data": UploadForm},
        responses={
            201: UploadedDocumentSerializer,
            200: OpenApiResponse(UploadedDocumentSerializer, "The same bytes stood there before."),
            **problems(400, 403, 404, 413, 415, 422),
        },
    )
    def create(self, request: Request) -> Response:
        form = UploadForm(data=request.data)
        form.is_valid(raise_exception=True)
        collection = _addable(request, form.validated_data["collection"])
        try:
            limit = settings.QABOT_MAX_UPLOAD_BYTES
            accepted = accept_upload(form.upload, form.upload.name or "", collection, request.user, limit)
        except ParsingError as error:
            status = STATUS_OF_REFUSED_FILE.get(error.code, 422)
            raise Problem(status, error.code, reason_in_language(str(error))) from None
        document = self.get_queryset().get(pk=accepted.document.pk)
        shown = UploadedDocumentSerializer(document).data
        return Response(shown | {"duplicate": not accepted.created}, status=201 if accepted.created else 200)

    @extend_schema(summary="Delete a document with all that belongs to it", responses={204: None, **problems(403, 404)})
    def destroy(self, request: Request, pk: str) -> Response:
        managing.delete_document(self._changeable())
        return Response(status=204)

    @extend_schema(
        summary="Try a failed document again",
        request=None,
        responses={200: DocumentSerializer, **problems(403, 404, 409)},
    )
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: str) -> Response:
        if not managing.retry(self._changeable()):
            raise Problem(409, "not_failed", gettext("Only a document that failed can be tried again."))
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(
        summary="The file as it was uploaded",
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY, **problems(403, 404)},
    )
    @action(detail=True)
    def original(self, request: Request, pk: str) -> StreamingHttpResponse:
        return original_response(self._openable())

    @extend_schema(
        summary="The text of a page, which offsets count into",
        parameters=[OpenApiParameter("number", PAGE_NUMBER, OpenApiParameter.PATH)],
        responses={200: PageSerializer, **problems(403, 404)},
    )
    @action(detail=True, url_path=r"pages/(?P<number>\d{1,9})")
    def page(self, request: Request, pk: str, number: str) -> Response:
        page = get_object_or_404(Page, document=self._openable(), number=int(number))
        return Response(PageSerializer(page).data)

    def _openable(self) -> Document:
        """The document of the address: 404 if it may not be read, 403 while it is in quarantine."""
        document: Document = self.get_object()
        if not Document.objects.openable_by(actor_of(self.request)).filter(pk=document.pk).exists():
            raise PermissionDenied(gettext("This document is in quarantine. Only those who may change it can open it."))
        return document

    def _changeable(self) -> Document:
        """The document of the address: 404 if it may not be read, 403 if it may be read only."""
        document: Document = self.get_object()
        if not Document.objects.changeable_by(actor_of(self.request)).filter(pk=document.pk).exists():
            raise PermissionDenied(gettext("You may read this document but not change it."))
        return document


def _addable(request: Request, slug: str) -> Collection:
    collection = Collection.objects.visible_to(actor_of(request)).filter(slug=slug).first()
    if collection is None:
        raise NotFound(gettext("There is no such collection."))
    if not Collection.objects.addable_by(actor_of(request)).filter(pk=collection.pk).exists():
        raise PermissionDenied(gettext("You may read this collection but not add to it."))
    return collection

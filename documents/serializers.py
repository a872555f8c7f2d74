"""How collections, documents and pages look in JSON, and what a request about them must bring. Queries nothing."""

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.utils.text import slugify
from django.utils.translation import gettext
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from documents.listing import DocumentFilter
from documents.models import Collection, Document, Page, Status
from documents.reasons import reason_in_language

DEFAULT_COLLECTION = "documents"
MAX_ID = 2**63 - 1  # of a bigint


class CollectionSerializer(serializers.ModelSerializer):
    documents_count = serializers.IntegerField(read_only=True, default=0)
    ready_count = serializers.IntegerField(read_only=True, default=0, help_text="How many of them can be asked about.")
    may_add = serializers.BooleanField(read_only=True, default=False, help_text="May whoever asks add documents?")

    class Meta:
        model = Collection
        fields = [
            *("id", "slug", "name", "description", "readers", "adders"),
            *("documents_count", "ready_count", "may_add", "created_at"),
        ]
        extra_kwargs = {"slug": {"required": False, "help_text": "Made from the name where it is not given."}}

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        """Make the slug from the name; the serializer's own check of uniqueness does not see a made one."""
        if self.instance is None and not values.get("slug"):
            values["slug"] = slugify(values["name"])[:120]
            if not values["slug"]:
                raise serializers.ValidationError({"slug": [gettext("Give a slug: none can be made from this name.")]})
            if Collection.objects.filter(slug=values["slug"]).exists():
                raise serializers.ValidationError({"slug": [gettext("collection with this slug already exists.")]})
        return values


class DocumentSerializer(serializers.ModelSerializer):
    collection: Any = serializers.SlugRelatedField("slug", read_only=True)
    progress = serializers.FloatField(read_only=True, help_text="Share of the work that is done, 0 to 1.")
    pages = serializers.IntegerField(source="pages_total", read_only=True)
    chunks = serializers.IntegerField(source="chunks_total", read_only=True)
    may_change = serializers.BooleanField(
        source="changeable", read_only=True, default=False, help_text="May whoever asks delete it or try it again?"
    )

    error = serializers.SerializerMethodField(help_text="Why it failed or waits, in the language asked for.")
    about = serializers.CharField(
        read_only=True, help_text="What the file says of itself (title, author, publisher); empty if it says nothing."
    )

    quarantined = serializers.BooleanField(
        read_only=True,
        help_text="Kept from every search; only who may change it can read its pages and its original.",
    )

    class Meta:
        model = Document
        fields = [
            *("id", "name", "about", "status", "stage", "progress", "error", "error_code", "collection", "media_type"),
            *("size_bytes", "sha256", "pages", "chunks", "attempts", "created_at", "ready_at", "quarantined"),
            "may_change",
        ]
        read_only_fields = fields

    def get_error(self, document: Document) -> str:
        return reason_in_language(document.error)


class UploadedDocumentSerializer(DocumentSerializer):
    """A document after its upload."""

    duplicate = serializers.BooleanField(
        read_only=True, default=False, help_text="The same bytes stood in the collection before: this is that document."
    )

    class Meta(DocumentSerializer.Meta):
        fields = [*DocumentSerializer.Meta.fields, "duplicate"]
        read_only_fields = fields


class HeadingSerializer(serializers.Serializer):
    """A heading inside a page's text."""

    start = serializers.IntegerField(help_text="Characters from the start of the text.")
    level = serializers.IntegerField()
    text = serializers.CharField()


class PageSerializer(serializers.ModelSerializer):
    document = serializers.IntegerField(source="document_id", read_only=True)
    headings = serializers.SerializerMethodField()

    class Meta:
        model = Page
        fields = ["document", "number", "label", "text", "headings"]
        read_only_fields = fields

    def get_headings(self, page: Page) -> list[dict[str, Any]]:
        return [{"start": start, "level": level, "text": text} for start, level, text in page.headings]


@extend_schema_field(OpenApiTypes.BINARY)
class SentFileField(serializers.FileField):
    """A file as a form brings it, where other fields of files are addresses."""


class UploadForm(serializers.Serializer):
    """One file. An empty one passes here: `accept_upload` says what is wrong with it."""

    file: Any = SentFileField(allow_empty_file=True)
    collection = serializers.CharField(default=DEFAULT_COLLECTION, max_length=120, help_text="Its slug.")

    @property
    def upload(self) -> UploadedFile:
        return self.validated_data["file"]


class DocumentListQuery(serializers.Serializer):
    """What a list of documents is narrowed by."""

    collection = serializers.CharField(required=False, allow_blank=True, max_length=120, help_text="A slug.")
    status = serializers.ChoiceField(Status.choices, required=False, allow_blank=True)
    search = serializers.CharField(
        required=False, allow_blank=True, max_length=200, help_text="Words that all occur in the name."
    )

    @property
    def narrowed(self) -> DocumentFilter:
        return DocumentFilter(**self.validated_data)

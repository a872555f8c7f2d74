"""What a request about questions must bring, and the shape of what comes back.

Answers themselves are written by `answers.serializing`, which streams use as well; a test keeps the two in step.
"""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework import serializers

from answers.giving_feedback import MAX_COMMENT_CHARACTERS
from answers.models import AnswerStatus, Conversation, Mode
from answers.serializing import answer_json, inspected_json
from documents.serializers import MAX_ID
from qabot.local_numbers import grouped

MAX_DOCUMENTS = 1000  # ids that one question may name
MAX_PASSAGES = 50


class QuestionSerializer(serializers.Serializer):
    """A question, and what it is to be searched for in: everything you may read, where nothing is named."""

    question = serializers.CharField(help_text="At most MAX_QUESTION_CHARACTERS (2,000) characters.")
    collection = serializers.CharField(
        required=False, allow_null=True, allow_blank=True, max_length=120, help_text="A slug."
    )
    documents = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=MAX_ID),
        required=False,
        allow_null=True,
        max_length=MAX_DOCUMENTS,
        help_text="Ids; an empty list narrows nothing.",
    )

    def validate_question(self, question: str) -> str:
        limit = settings.QABOT_MAX_QUESTION_CHARACTERS
        if len(question) > limit:
            raise serializers.ValidationError(
                _("A question may have %(most)s characters, this one has %(characters)s.")
                % {"most": grouped(limit), "characters": grouped(len(question))}
            )
        return question

    @property
    def collections(self) -> list[str] | None:
        slug = self.validated_data.get("collection")
        return [slug] if slug else None


class AskSerializer(QuestionSerializer):
    conversation = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=MAX_ID, help_text="Its id, for a follow-up."
    )
    stream = serializers.BooleanField(default=False, help_text="Answer with server-sent events.")


class SearchSerializer(QuestionSerializer):
    limit = serializers.IntegerField(default=10, min_value=1, max_value=MAX_PASSAGES)


class DocumentReferenceSerializer(serializers.Serializer):
    id = serializers.IntegerField(allow_null=True, help_text="Null where the document was deleted.")
    name = serializers.CharField()


class CitedDocumentSerializer(DocumentReferenceSerializer):
    quarantined = serializers.BooleanField(help_text="No new answer uses it.")


class LegSerializer(serializers.Serializer):
    """One leg's view of a passage; null where it did not run or did not find it."""

    rank = serializers.IntegerField(allow_null=True, help_text="Counts from 1.")
    score = serializers.FloatField(allow_null=True)


class PassageSerializer(serializers.Serializer):
    """A passage as it was retrieved. `text` is its page's text from `start` to `end`."""

    rank = serializers.IntegerField()
    score = serializers.FloatField(help_text="Of both legs, fused.")
    semantic = LegSerializer()
    lexical = LegSerializer()
    fused = LegSerializer()
    reranked = LegSerializer(help_text="Null where nothing was reranked. The score is that of late interaction.")
    document = DocumentReferenceSerializer()
    page = serializers.IntegerField()
    page_label = serializers.CharField(allow_blank=True)
    heading_path = serializers.ListField(child=serializers.CharField())
    text = serializers.CharField()
    start = serializers.IntegerField()
    end = serializers.IntegerField()
    url = serializers.CharField()


class InspectedPassageSerializer(PassageSerializer):
    """A passage as it was stored with its answer; `text` is empty where its document was indexed again since."""

    number = serializers.IntegerField(allow_null=True, help_text="Its number in the prompt; null if it did not go in.")
    cited = serializers.ListField(
        child=serializers.IntegerField(), help_text="Numbers of the citations whose quote lies in it."
    )

    def to_representation(self, instance: Any) -> dict[str, Any]:
        return inspected_json(instance)


class FoundSerializer(serializers.Serializer):
    """What a search found, best first."""

    question = serializers.CharField()
    passages = PassageSerializer(many=True)
    confidence = serializers.FloatField(help_text="How sure it is that the passages hold an answer, 0 to 1.")
    notice = serializers.CharField(allow_blank=True)
    embedding_model = serializers.CharField(allow_blank=True)
    timings_ms = serializers.DictField(child=serializers.FloatField())


class CitationSerializer(serializers.Serializer):
    """The words an answer's mark [number] rests on: `quote` is its page's text from `start` to `end`."""

    number = serializers.IntegerField()
    document = CitedDocumentSerializer()
    page = serializers.IntegerField()
    page_label = serializers.CharField(allow_blank=True)
    quote = serializers.CharField()
    start = serializers.IntegerField()
    end = serializers.IntegerField()
    url = serializers.CharField(
        allow_null=True, help_text="The viewer with the quote marked; null without document, or while in quarantine."
    )
    score = serializers.FloatField(allow_null=True)
    supported = serializers.BooleanField()


class UsageSerializer(serializers.Serializer):
    """What an answer used of models, the completion of a follow-up included."""

    prompt_tokens = serializers.IntegerField()
    completion_tokens = serializers.IntegerField()
    cost_usd = serializers.FloatField(
        allow_null=True, help_text="At the prices of MODEL_PRICES; null where a price is not known."
    )


class StreamedEventSerializer(serializers.Serializer):
    """One event of a stream."""

    event = serializers.ChoiceField(["search", "passages", "delta", "done", "interrupted", "error"])
    data: Any = serializers.CharField(
        help_text="JSON: with `done` and `interrupted` the answer, with `error` its `code` and `detail`."
    )


class FeedbackSerializer(serializers.Serializer):
    """What a reader thought of an answer."""

    helpful = serializers.BooleanField()
    comment = serializers.CharField(required=False, allow_blank=True, max_length=MAX_COMMENT_CHARACTERS, default="")


class AnswerSerializer(serializers.Serializer):
    """An answer with its citations."""

    id = serializers.IntegerField(allow_null=True, help_text="Null where the database took no writes: not kept.")
    conversation = serializers.IntegerField(allow_null=True, help_text="Null with it.")
    question = serializers.CharField()
    searched_for = serializers.CharField(help_text="The question as it was searched for: a follow-up is completed.")
    answer = serializers.CharField(help_text="Markdown with marks like [1].")
    html = serializers.CharField(help_text="The same, safe to show.")
    mode = serializers.ChoiceField(Mode.choices, allow_blank=True)
    status = serializers.ChoiceField(AnswerStatus.choices)
    notice = serializers.CharField(allow_blank=True, help_text="What the reader should know.")
    supported = serializers.BooleanField(help_text="Every claim has a citation that supports it.")
    confidence = serializers.FloatField(allow_null=True)
    citations = CitationSerializer(many=True)
    model = serializers.CharField(allow_blank=True)
    embedding_model = serializers.CharField(allow_blank=True)
    usage = UsageSerializer()
    timings_ms = serializers.DictField(child=serializers.FloatField())
    created_at = serializers.DateTimeField()
    feedback = FeedbackSerializer(allow_null=True)

    def to_representation(self, instance: Any) -> dict[str, Any]:
        return answer_json(instance)


class ConversationSerializer(serializers.ModelSerializer):
    class Meta:
        model = Conversation
        fields = ["id", "title", "created_at", "updated_at"]
        read_only_fields = fields


class ConversationWithAnswersSerializer(ConversationSerializer):
    answers = AnswerSerializer(many=True, read_only=True)

    class Meta(ConversationSerializer.Meta):
        fields = [*ConversationSerializer.Meta.fields, "answers"]
        read_only_fields = fields

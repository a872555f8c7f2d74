"""The REST door to questions: ask, search, conversations, feedback. Thin: validates, makes one call, answers JSON."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import Prefetch
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from answers import streaming
from answers.abandoned import close_abandoned
from answers.answering import answer_events, begin_answer
from answers.attending import attended
from answers.charging import charge_for_search
from answers.conversations import find_or_start
from answers.events import AnswerFailed, AnswerUnkept, Event
from answers.giving_feedback import give_feedback, take_feedback_back
from answers.inspecting import inspection_of
from answers.models import Answer, Conversation
from answers.options import budget_of, options_from_settings
from answers.querysets import AnswerQuerySet, ConversationQuerySet
from answers.retrieval import retrieve
from answers.serializers import (
    AnswerSerializer,
    AskSerializer,
    ConversationSerializer,
    ConversationWithAnswersSerializer,
    FeedbackSerializer,
    FoundSerializer,
    InspectedPassageSerializer,
    QuestionSerializer,
    SearchSerializer,
    StreamedEventSerializer,
)
from answers.serializing import answer_json, feedback_json, passage_json, unkept_json
from answers.slots import answers_under_way
from answers.timing import Stopwatch
from answers.unkept import unkept_answer, unkept_events
from answers.visitors import anonymous_key, spender_of
from documents.rights import Asking, MayCall, actor_of
from documents.scope import Scope
from documents.scoping import NotVisible, scope_for
from qabot.client_presence import presence_of
from qabot.database_faults import takes_no_writes
from qabot.openapi import problems
from qabot.problems import Problem
from qabot.request_bodies import BoundedBody


class EventStreamRenderer(BaseRenderer):
    """Makes `Accept: text/event-stream` acceptable; the stream writes itself."""

    media_type = streaming.MEDIA_TYPE
    format = "event-stream"


class AskView(Asking, BoundedBody, APIView):
    rate_group = "ask"
    permission_classes = [MayCall]
    renderer_classes = [JSONRenderer, EventStreamRenderer]

    @extend_schema(
        operation_id="ask",
        summary="Ask a question",
        description=(
            'With `"stream": true` or `Accept: text/event-stream` the answer comes as server-sent events: `search`, '
            "`passages`, `delta` for each piece of text, then `done` with the whole answer, `interrupted` with what "
            "there is of it, or `error`."
        ),
        request=AskSerializer,
        responses={
            200: AnswerSerializer,
            (200, streaming.MEDIA_TYPE): StreamedEventSerializer,
            **problems(400, 403, 404, 413, 503),
        },
    )
    def post(self, request: Request) -> HttpResponseBase:
        asked = AskSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        question, scope = asked.validated_data["question"], _scope(request, asked)
        with answers_under_way.take(settings.QABOT_MAX_STREAMS) as slot:
            answer, events = _begun(request, question, asked.validated_data.get("conversation"), scope)
            if asked.validated_data["stream"] or request.accepted_renderer.format == EventStreamRenderer.format:
                return streaming.stream_response(answer, events, slot, presence_of(request))
            with attended(answer, presence_of(request)):
                *_, last = events
        if isinstance(last, AnswerFailed):
            raise Problem(503, "answer_failed", last.message)
        return Response(unkept_json(last) if isinstance(last, AnswerUnkept) else answer_json(answer))


class SearchView(Asking, BoundedBody, APIView):
    rate_group = "ask"
    permission_classes = [MayCall]

    @extend_schema(
        operation_id="search",
        summary="Retrieve passages without an answer",
        description="Every passage comes with its rank and score in each leg.",
        request=SearchSerializer,
        responses={200: FoundSerializer, **problems(400, 403, 404, 413)},
    )
    def post(self, request: Request) -> Response:
        asked = SearchSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        question, limit = asked.validated_data["question"], asked.validated_data["limit"]
        stopwatch = Stopwatch()
        found = retrieve(question, _scope(request, asked), stopwatch)
        charge_for_search(found, budget_of(spender_of(request)))
        return Response(
            {
                "question": question,
                "passages": [passage_json(passage) for passage in found.passages[:limit]],
                "confidence": found.confidence,
                "notice": found.notice,
                "embedding_model": found.embedding_model,
                "timings_ms": stopwatch.total(),
            }
        )


@extend_schema_view(
    list=extend_schema(
        summary="List your conversations, the latest first",
        responses={200: ConversationSerializer, **problems(403, 404)},
    ),
    retrieve=extend_schema(
        summary="A conversation with its answers",
        responses={200: ConversationWithAnswersSerializer, **problems(403, 404)},
    ),
    destroy=extend_schema(
        summary="Delete a conversation with its answers", responses={204: None, **problems(403, 404)}
    ),
)
class ConversationViewSet(
    Asking,
    BoundedBody,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.DestroyModelMixin,
    viewsets.GenericViewSet,
):
    """A conversation is questions asked one after the other. You see your own alone."""

    queryset = Conversation.objects.none()
    permission_classes = [MayCall]
    lookup_value_regex = r"\d{1,19}"

    def get_queryset(self) -> ConversationQuerySet:
        mine = Conversation.objects.of(actor_of(self.request), anonymous_key(self.request))
        if self.action != "retrieve":
            return mine
        close_abandoned()
        answers = Answer.objects.select_related("feedback").prefetch_related("citations__document")
        return mine.prefetch_related(Prefetch("answers", answers))

    def get_serializer_class(self) -> Any:
        return ConversationWithAnswersSerializer if self.action == "retrieve" else ConversationSerializer


@extend_schema_view(
    retrieve=extend_schema(summary="An answer", responses={200: AnswerSerializer, **problems(403, 404)})
)
class AnswerViewSet(Asking, BoundedBody, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Answers stand in your own conversations."""

    queryset = Answer.objects.none()
    serializer_class = AnswerSerializer
    permission_classes = [MayCall]
    lookup_value_regex = r"\d{1,19}"

    def get_queryset(self) -> AnswerQuerySet:
        close_abandoned()
        mine = Answer.objects.of(actor_of(self.request), anonymous_key(self.request))
        return mine.select_related("feedback").prefetch_related("citations__document")

    @extend_schema(
        summary="How an answer was found: every passage that was considered, best first",
        description="Passages of documents that were deleted, or that you may not read any more, are left out.",
        responses={200: InspectedPassageSerializer(many=True), **problems(403, 404)},
    )
    @action(detail=True, filter_backends=[], serializer_class=InspectedPassageSerializer)
    def passages(self, request: Request, pk: str) -> Response:
        answer = get_object_or_404(self.get_queryset(), pk=pk)
        shown = self.paginate_queryset(inspection_of(answer, actor_of(request)).passages)
        return self.get_paginated_response(self.get_serializer(shown, many=True).data)

    @extend_schema(
        summary="Say whether an answer helped; a later word replaces an earlier one",
        request=FeedbackSerializer,
        responses={200: FeedbackSerializer, **problems(400, 403, 404)},
    )
    @action(detail=True, methods=["put", "post"], filter_backends=[], pagination_class=None)
    def feedback(self, request: Request, pk: str) -> Response:
        answer = get_object_or_404(self.get_queryset(), pk=pk)
        given = FeedbackSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        feedback = give_feedback(self.get_queryset(), answer.pk, **given.validated_data)
        return Response(feedback_json(feedback))

    @extend_schema(
        operation_id="answers_feedback_destroy",
        summary="Take back what you said of an answer",
        responses={204: None, **problems(403, 404)},
    )
    @feedback.mapping.delete
    def no_feedback(self, request: Request, pk: str) -> Response:
        take_feedback_back(self.get_queryset(), get_object_or_404(self.get_queryset(), pk=pk).pk)
        return Response(status=204)


def _scope(request: Request, asked: QuestionSerializer) -> Scope:
    try:
        return scope_for(actor_of(request), asked.collections, asked.validated_data.get("documents"))
    except NotVisible as error:
        raise NotFound(str(error)) from None


def _begun(
    request: Request, question: str, conversation_id: int | None, scope: Scope
) -> tuple[Answer, Iterator[Event]]:
    """The answer and what happens while it is made. Where the database takes no writes, it has no row."""
    try:
        key = anonymous_key(request, start=True)
        with transaction.atomic():  # one wait for the disk
            answer = begin_answer(question, _conversation(request, key, conversation_id, question), scope)
    except DatabaseError as error:
        if not takes_no_writes(error):
            raise
        answer = unkept_answer(question)
        return answer, unkept_events(answer, scope)
    return answer, answer_events(answer, scope, options_from_settings(spender_of(request)))


def _conversation(request: Request, key: str, conversation_id: int | None, question: str) -> Conversation:
    try:
        return find_or_start(actor_of(request), key, conversation_id, question)
    except Conversation.DoesNotExist:
        raise NotFound(_("There is no such conversation.")) from None

"""The addresses of the pages where questions are asked and answered."""

from django.urls import path

from answers import answer_pages, conversation_pages, pages, sharing_pages, source_picture_pages

urlpatterns = [
    path("", pages.ask, name="ask"),
    path("ask", pages.ask_question, name="ask-question"),
    path("conversations", conversation_pages.conversations, name="conversations"),
    path("conversations/<int:conversation_id>/rename", conversation_pages.rename, name="conversation-rename"),
    path("conversations/<int:conversation_id>/delete", conversation_pages.delete, name="conversation-delete"),
    path("conversations/<int:conversation_id>", pages.conversation, name="conversation"),
    path("answers/<int:answer_id>", pages.answer, name="answer"),
    path("answers/<int:answer_id>/found", pages.found, name="answer-found"),
    path("answers/<int:answer_id>/citations/<int:number>", pages.citation, name="citation"),
    path(
        "answers/<int:answer_id>/citations/<int:number>/picture",
        source_picture_pages.source_picture,
        name="citation-picture",
    ),
    path("answers/<int:answer_id>/copy", answer_pages.copy, name="answer-copy"),
    path("answers/<int:answer_id>/feedback", answer_pages.feedback, name="answer-feedback"),
    path("answers/<int:answer_id>/share", sharing_pages.share, name="share-answer"),
    path("shared", sharing_pages.shared_answers, name="shared-answers"),
    path("shared/links/<int:link_id>/revoke", sharing_pages.revoke, name="revoke-link"),
    path("shared/<str:token>", sharing_pages.shared, name="shared"),
]

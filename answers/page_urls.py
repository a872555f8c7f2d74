"""The addresses of the pages where questions are asked and answered."""

from django.urls import path

from answers import pages, sharing_pages

urlpatterns = [
    path("", pages.ask, name="ask"),
    path("ask", pages.ask_question, name="ask-question"),
    path("conversations/<int:conversation_id>", pages.conversation, name="conversation"),
    path("answers/<int:answer_id>", pages.answer, name="answer"),
    path("answers/<int:answer_id>/found", pages.found, name="answer-found"),
    path("answers/<int:answer_id>/citations/<int:number>", pages.citation, name="citation"),
    path("answers/<int:answer_id>/share", sharing_pages.share, name="share-answer"),
    path("shared", sharing_pages.shared_answers, name="shared-answers"),
    path("shared/links/<int:link_id>/revoke", sharing_pages.revoke, name="revoke-link"),
    path("shared/<str:token>", sharing_pages.shared, name="shared"),
]

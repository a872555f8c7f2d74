"""The addresses of the pages where questions are asked and answered."""

from django.urls import path

from answers import pages

urlpatterns = [
    path("", pages.ask, name="ask"),
    path("ask", pages.ask_question, name="ask-question"),
    path("conversations/<int:conversation_id>", pages.conversation, name="conversation"),
    path("answers/<int:answer_id>", pages.answer, name="answer"),
    path("answers/<int:answer_id>/found", pages.found, name="answer-found"),
    path("answers/<int:answer_id>/citations/<int:number>", pages.citation, name="citation"),
]

"""The addresses of the pages about golden questions that are not the admin's."""

from django.urls import path

from answers.evaluation import pages

urlpatterns = [path("answers/<int:answer_id>/save-as-test", pages.save_as_test, name="save-as-test")]

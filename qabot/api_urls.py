"""The addresses of the REST door, without trailing slashes."""

from django.urls import path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import SimpleRouter

from answers.api import AnswerViewSet, AskView, ConversationViewSet, SearchView
from documents.api import CollectionViewSet, DocumentViewSet
from qabot.problems import no_such_endpoint

router = SimpleRouter(trailing_slash=False)
router.register("collections", CollectionViewSet, basename="api-collection")
router.register("documents", DocumentViewSet, basename="api-document")
router.register("conversations", ConversationViewSet, basename="api-conversation")
router.register("answers", AnswerViewSet, basename="api-answer")

urlpatterns = [
    path("ask", AskView.as_view(), name="api-ask"),
    path("search", SearchView.as_view(), name="api-search"),
    *router.urls,
    path("schema", SpectacularAPIView.as_view(), name="api-schema"),
    path(
        "docs",
        SpectacularSwaggerSplitView.as_view(url_name="api-schema", template_name="api_docs.html"),
        name="api-docs",
    ),
    re_path("", no_such_endpoint),
]

"""The addresses of the pages about documents."""

from django.urls import path

from documents import pages

urlpatterns = [
    path("documents", pages.documents, name="documents"),
    path("upload", pages.upload, name="upload"),
    path("documents/<int:document_id>/delete", pages.delete, name="document-delete"),
    path("documents/<int:document_id>/retry", pages.retry, name="document-retry"),
    path("documents/<int:document_id>/pages/<int:number>", pages.page, name="document-page"),
    path("documents/<int:document_id>/original", pages.original, name="document-original"),
]

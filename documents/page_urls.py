"""The addresses of the pages about documents."""

from django.urls import path

from documents import bulk_pages, collection_pages, pages, sample_pages, viewer_pages

urlpatterns = [
    path("documents", pages.documents, name="documents"),
    path("documents/chosen", bulk_pages.chosen, name="documents-chosen"),
    path("collections", collection_pages.collections, name="collections"),
    path("collections/new", collection_pages.new, name="collection-new"),
    path("collections/<slug:slug>/edit", collection_pages.edit, name="collection-edit"),
    path("collections/<slug:slug>/delete", collection_pages.delete, name="collection-delete"),
    path("upload", pages.upload, name="upload"),
    path("samples", sample_pages.add, name="add-samples"),
    path("documents/<int:document_id>/delete", pages.delete, name="document-delete"),
    path("documents/<int:document_id>/retry", pages.retry, name="document-retry"),
    path("documents/<int:document_id>/pages", viewer_pages.pages, name="document-pages"),
    path("documents/<int:document_id>/pages/<int:number>", viewer_pages.page, name="document-page"),
    path("documents/<int:document_id>/pages/<int:number>/picture", viewer_pages.picture, name="document-page-picture"),
    path("documents/<int:document_id>/original", viewer_pages.original, name="document-original"),
]

"""Addresses of documents. Their ids are public; the way out asks who is looking."""

from django.urls import path

from portal.documents import views

app_name = "documents"

urlpatterns = [
    path("<uuid:pk>/", views.document_file, name="file"),
    path("<uuid:pk>/view/", views.document_view, name="view"),
    path("<uuid:pk>/preview/", views.document_preview, name="preview"),
    path("<uuid:pk>/preview/<int:page>/", views.document_preview, name="preview"),
    path("<uuid:pk>/thumbnail/", views.document_thumbnail, name="thumbnail"),
    path("<uuid:pk>/status/", views.document_status, name="status"),
]

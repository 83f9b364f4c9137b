"""/console/projects/: the operator's pages about projects, and where chiefs answer about a merger."""

from django.urls import path

from supervision.views import console

urlpatterns = [
    path("projects/", console.project_list, name="projects"),
    path("projects/<uuid:pk>/", console.project_page, name="project"),
    path("projects/<uuid:pk>/close/", console.project_close, name="project-close"),
    path("projects/<uuid:pk>/reopen/", console.project_reopen, name="project-reopen"),
    path("projects/<uuid:pk>/merge/", console.merge_find, name="merge-find"),
    path("projects/<uuid:pk>/merge/<uuid:other>/", console.merge_new, name="merge-new"),
    path("merges/<uuid:pk>/", console.merge_page, name="merge"),
    path("merges/<uuid:pk>/cancel/", console.merge_cancel, name="merge-cancel"),
    path("filings/<uuid:pk>/void/", console.filing_void, name="filing-void"),
]

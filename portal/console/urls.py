"""/console/ for operators, /audit/ for auditors."""

from django.urls import include, path

from portal.console import audit, desk

trail = [
    path("", audit.entries, name="list"),
    path("export.csv", audit.export, name="export"),
    path("chain/", audit.chain, name="chain"),
    path("<int:pk>/", audit.entry, name="entry"),
]

urlpatterns = [
    path("console/", desk.console, name="console"),
    path("audit/", include((trail, "audit"))),
]

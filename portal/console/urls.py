"""/console/ for operators, /audit/ for auditors."""

from django.urls import include, path

from portal.console import audit, desk

console = [
    path("", desk.console, name="index"),
]

trail = [
    path("", audit.entries, name="list"),
    path("export.csv", audit.export, name="export"),
    path("chain/", audit.chain, name="chain"),
    path("<int:pk>/", audit.entry, name="entry"),
]

urlpatterns = [
    path("console/", include((console, "console"))),
    path("audit/", include((trail, "audit"))),
]

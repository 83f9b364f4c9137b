"""/console/ for operators, /audit/ for auditors."""

from datetime import date

from django.urls import include, path, register_converter

from portal.console import audit, calendar, deliveries, desk, documents, notices, officers, operations


class DateConverter:
    """2027-01-04; what is no date is no address."""

    regex = r"\d{4}-\d{2}-\d{2}"

    def to_python(self, value: str) -> date:
        return date.fromisoformat(value)

    def to_url(self, value: date) -> str:
        return value.isoformat()


register_converter(DateConverter, "date")

trail = [
    path("", audit.entries, name="list"),
    path("export.csv", audit.export, name="export"),
    path("chain/", audit.chain, name="chain"),
    path("<int:pk>/", audit.entry, name="entry"),
]

days = [
    path("", calendar.year_page, name="calendar"),
    path("import/", calendar.import_page, name="calendar-import"),
    path("<int:year>/", calendar.year_page, name="calendar-year"),
    path("<date:day>/", calendar.day_page, name="calendar-day"),
]

urlpatterns = [
    path("readyz", operations.readyz, name="readyz"),
    path("metrics", operations.metrics, name="metrics"),
    path("console/", desk.console, name="console"),
    path("console/officers/", officers.officer_list, name="officers"),
    path("console/officers/new/", officers.officer_new, name="officer-new"),
    path("console/officers/<uuid:pk>/", officers.officer_page, name="officer"),
    path("console/officers/<uuid:pk>/posts/new/", officers.post_new, name="post-new"),
    path("console/posts/<int:pk>/move/", officers.post_move, name="post-move"),
    path("console/posts/<int:pk>/end/", officers.post_end, name="post-end"),
    path("console/notices/", notices.notice_list, name="console-notices"),
    path("console/notices/new/", notices.notice_new, name="notice-new"),
    path("console/notices/<uuid:pk>/", notices.notice_page, name="notice-kept"),
    path("console/notices/<uuid:pk>/edit/", notices.notice_edit, name="notice-edit"),
    path("console/notices/<uuid:pk>/end/", notices.notice_end, name="notice-end"),
    path("console/operations/", operations.operations, name="operations"),
    path("console/calendar/", include(days)),
    path("console/documents/", documents.documents_page, name="console-documents"),
    path("console/documents/<uuid:pk>/again/", documents.document_again, name="console-document-again"),
    path("console/deliveries/", deliveries.deliveries, name="deliveries"),
    path("console/deliveries/<uuid:pk>/resend/", deliveries.delivery_resend, name="delivery-resend"),
    path("audit/", include((trail, "audit"))),
]

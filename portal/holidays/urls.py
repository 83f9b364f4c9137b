"""/calendar/: the working-day calendar, for operators."""

from datetime import date

from django.urls import path, register_converter

from portal.holidays import views


class DateConverter:
    """2027-01-04; what is no date is no address."""

    regex = r"\d{4}-\d{2}-\d{2}"

    def to_python(self, value: str) -> date:
        return date.fromisoformat(value)

    def to_url(self, value: date) -> str:
        return value.isoformat()


register_converter(DateConverter, "date")

urlpatterns = [
    path("", views.calendar_year, name="calendar"),
    path("import/", views.calendar_import, name="calendar-import"),
    path("<int:year>/", views.calendar_year, name="calendar-year"),
    path("<date:day>/", views.calendar_day, name="calendar-day"),
]

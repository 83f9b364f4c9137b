"""Several questions asked at once give what each alone would give."""

from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from django.db.models import CharField, Count, F, Value

from accounts.models import User
from enterprises.models import Enterprise, Member
from portal.audit.models import AuditEntry
from portal.calendar import WorkDay
from portal.together import Together, among
from supervision.models import Filing, FilingParty, FilingVersion
from tests import make

pytestmark = pytest.mark.django_db
FILINGS = Together(lambda filing: {"filings": Filing.objects.filter(pk=filing)}, filing=UUID)


def facts_of(row) -> dict:
    """Every value of a row as it was read, sealed ones opened, with its type."""
    names = [field.attname for field in row._meta.concrete_fields if field.attname in row.__dict__]
    return {name: (type(value), value) for name in names for value in [getattr(row, name)]}


@pytest.fixture
def filing():
    return make.submitted_filing()


def test_each_value_of_a_row_is_what_django_reads(filing):
    parts = {"filings": Filing, "versions": FilingVersion, "parties": FilingParty, "people": User, "trail": AuditEntry}
    rows = {name: model.objects.order_by("pk") for name, model in parts.items()}
    asked = Together(lambda: rows).ask()
    for name, alone in rows.items():
        assert [facts_of(row) for row in asked[name]] == [facts_of(row) for row in alone], name
        assert asked[name], name


def test_corners_and_empty_values_stay_what_they_are(filing):
    corners = [[Decimal("114.300001"), Decimal("30.590000")], [Decimal("114.3"), Decimal("30.6")]]
    Filing.objects.filter(pk=filing.pk).update(
        boundary_points=corners, longitude=None, malformed={"basics": {"a": [1.5]}}
    )
    (asked,) = FILINGS.ask(filing=filing.pk)["filings"]
    assert facts_of(asked) == facts_of(Filing.objects.get(pk=filing.pk))


def test_what_is_joined_annotated_or_left_out_comes_along(filing, django_assert_num_queries):
    question = Together(
        lambda of: {
            "filings": Filing.objects.filter(pk=of)
            .select_related("project", "permit")
            .annotate(count=Count("parties"))
            .defer("search_text")
        },
        of=UUID,
    )
    with django_assert_num_queries(1):
        (asked,) = question.ask(of=filing.pk)["filings"]
        assert asked.project.pk == filing.project_id
        assert asked.permit is None
    assert asked.count == filing.parties.count()
    assert asked.get_deferred_fields() == {"search_text"}
    assert asked._state.adding is False


def test_tuples_and_single_values_are_read_as_asked(filing):
    day = date(2026, 10, 1)
    WorkDay.objects.update_or_create(date=day, defaults={"is_workday": False})
    question = Together(
        lambda of, on: {
            "days": WorkDay.objects.filter(date=on).values_list("date", "is_workday"),
            "kinds": FilingParty.objects.filter(filing=of).order_by("order").values_list("party_type", flat=True),
            "both": Filing.objects.filter(pk=of)
            .values_list("pk", F("works_name"))
            .union(Enterprise.objects.values_list("pk", Value("x", output_field=CharField()))),
        },
        of=UUID,
        on=date,
    )
    asked = question.ask(of=filing.pk, on=day)
    assert asked["days"] == [(day, False)]
    assert asked["kinds"] == list(filing.parties.order_by("order").values_list("party_type", flat=True))
    assert (filing.pk, filing.works_name) in asked["both"]


def test_a_question_is_asked_about_whatever_is_given(filing):
    other = make.draft_filing()
    assert FILINGS.ask(filing=filing.pk)["filings"] == [filing]
    assert FILINGS.ask(filing=other.pk)["filings"] == [other]


def test_nothing_given_equals_nothing(filing):
    question = Together(
        lambda no, codes: {
            "filings": Filing.objects.filter(project_no=no),
            "units": Enterprise.objects.filter(among("uscc", codes)),
        },
        no=str,
        codes=list,
    )
    assert question.ask(no=None, codes=[]) == {"filings": [], "units": []}
    everybody = sorted(Enterprise.objects.values_list("uscc", flat=True))
    assert sorted(one.uscc for one in question.ask(no=None, codes=everybody)["units"]) == everybody


def test_all_are_one_question_and_it_is_written_once_a_day(filing, django_assert_num_queries, monkeypatch):
    written = []
    question = Together(
        lambda of: written.append(of) or {"filings": Filing.objects.filter(pk=of), "members": Member.objects.all()},
        of=UUID,
    )
    with django_assert_num_queries(2):
        question.ask(of=filing.pk)
        question.ask(of=filing.pk)
    assert len(written) == 1
    monkeypatch.setattr("portal.together.timezone.localdate", lambda: date(2031, 1, 1))
    question.ask(of=filing.pk)
    assert len(written) == 2


def test_a_value_that_no_question_is_about_is_a_mistake():
    with pytest.raises(ValueError, match="asks about of"):
        Together(lambda of: {"days": WorkDay.objects.all()}, of=UUID).ask(of=None)


def test_what_is_sealed_stays_sealed_until_it_is_read(filing):
    version = Together(lambda of: {"rows": FilingVersion.objects.filter(filing=of)}, of=UUID).ask(of=filing.pk)["rows"][
        0
    ]
    assert type(version.__dict__["data"]).__name__ == "Sealed"
    assert version.data == filing.versions.get().data

"""A small city: its rows are those that the real actions write, so what is measured on it holds for the portal."""

from collections import Counter
from datetime import date

import pytest
from django.db import connection
from django.db.models import Model

from accounts.models import User
from bench import city
from bench.city import APPLICANT, OFFICER, PARTIES, generate
from bench.copies import REMEMBER, statements
from bench.numbers import id_number, uscc
from enterprises.models import Enterprise
from portal.audit.models import AuditEntry
from portal.validators import check_resident_id, check_uscc
from projects.models import Project
from supervision.frozen import digest_of, snapshot
from supervision.models import Filing, FilingVersion, Review
from tests import make

pytestmark = pytest.mark.django_db
FILINGS = 50


@pytest.fixture
def town():
    return generate(FILINGS, print, processes=1)


def differing(made: Model, drawn: Model) -> set[str]:
    """The columns that one has and the other has not."""
    empty = (None, "", [], {}, 0)
    return {
        field.attname
        for field in made._meta.concrete_fields
        if (getattr(made, field.attname) in empty) != (getattr(drawn, field.attname) in empty)
    }


def test_a_city_reads_as_if_the_real_actions_had_made_it(town, client):
    assert town["supervision.Filing"] == FILINGS
    is_found_as_it_is_written()
    holds_what_was_handed_in()
    has_the_columns_of_a_real_filing()
    opens(client)
    is_copied_with_the_same_tokens()


def is_found_as_it_is_written():
    for model in (Filing, Project, Enterprise):
        for row in model.objects.all():
            tokens, text = sorted(row.search_tokens), row.search_text
            row.index_search()
            assert (tokens, text) == (sorted(row.search_tokens), row.search_text)


def holds_what_was_handed_in():
    for version in FilingVersion.objects.select_related("filing")[:5]:
        assert version.data == snapshot(version.filing) | {"conflicts": []}
        assert version.digest == digest_of(version.data)
        assert version.works_name == str(version.filing)


def has_the_columns_of_a_real_filing():
    made = make.filed_filing("advance_service", by=make.site_officer())
    drawn = Filing.objects.filter(status="filed", module="advance_service").exclude(pk=made.pk)[0]
    assert differing(made, drawn) == {"permit_promised_by"}
    assert differing(made.project, drawn.project) == set()
    reviews = [one.reviews.get(role="safety") for one in (made, drawn)]
    assert differing(*reviews) == {"supervision_no"}
    assert differing(*[one.parties.get(party_type="owner") for one in (made, drawn)]) == set()
    moves = [Counter(review.decisions.values_list("move", flat=True)) for review in reviews]
    assert moves[0] == moves[1] == {"accept": 1, "approve": 1}
    assert drawn.parties.count() == len(PARTIES)
    entries = AuditEntry.objects.filter(subject_id=str(drawn.pk), event="filing.submitted").values_list(
        "details", flat=True
    )
    assert set(entries[0]) == {"number", "targets", "overruled"}


def opens(client):
    """Every state that is there, for those whom it concerns."""
    client.force_login(User.objects.get(username=APPLICANT))
    for filing in Filing.objects.filter(created_by__username=APPLICANT):
        assert client.get(filing.get_absolute_url()).status_code == 200
    client.force_login(User.objects.get(username=OFFICER))
    mine = Review.objects.visible_to(User.objects.get(username=OFFICER))
    for state in mine.values_list("status", flat=True).distinct():
        assert client.get(f"/review/{mine.filter(status=state)[0].pk}/").status_code == 200


def is_copied_with_the_same_tokens():
    with connection.cursor() as cursor:
        cursor.execute(REMEMBER)
        for table in statements(2):
            cursor.execute(table[0])
    copies = Filing.objects.filter(number__endswith="-1")
    assert copies.count() > FILINGS / 2
    for row in copies:
        tokens, text = sorted(row.search_tokens), row.search_text
        row.index_search()
        assert (tokens, text) == (sorted(row.search_tokens), row.search_text)


def test_the_same_day_and_seed_make_the_same_city():
    make.reference()
    one = city.City(FILINGS, today=date(2026, 11, 20))
    one.enterprises = [city.Named("e", "武汉甲建设有限公司", uscc("MC", 1), "a")]
    first, second = ([each[Filing][0] for each in one.filings(0)] for _ in range(2))
    assert first == second


def test_numbers_of_a_city_are_valid_and_differ():
    codes = {uscc("MC", number) for number in range(300)}
    people = {id_number(date(1970, 1, 1), number) for number in range(300)}
    for code in codes:
        check_uscc(code)
    for number in people:
        check_resident_id(number)
    assert len(codes) == len(people) == 300

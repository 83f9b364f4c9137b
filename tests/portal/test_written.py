"""Questions that are written once: they answer as their querysets do, whatever they are asked about."""

from uuid import UUID

import pytest
from django.db import connection
from django.db.models import Value

from accounts.models import User
from portal.calendar import WorkDay
from portal.places import District
from portal.written import Written, any_of, stand_in, written, written_unprepared
from tests import make

pytestmark = pytest.mark.django_db


def named(word: str):
    return District.objects.filter(name__contains=word).order_by("code")


NAMED = {True: Written(named), False: Written(named, prepared=False)}


@pytest.mark.parametrize("prepared", [True, False])
@pytest.mark.parametrize("word", ["江", "%", "_", "\\", "'; drop", "不存在的区"])
def test_a_pattern_means_its_letters(prepared, word):
    District.objects.create(code="999999", name="100%_'; drop\\区", lng_min=0, lng_max=1, lat_min=0, lat_max=1)
    assert NAMED[prepared](word=word) == list(named(word))


def test_the_same_text_answers_for_another_account():
    @written
    def person(*, user: UUID):
        return User.objects.filter(pk=user)

    first, second = make.person(), make.person()
    assert [person(user=one.pk) for one in (first, second, first)] == [[first], [second], [first]]


def test_rows_come_with_what_stands_beside_them(django_assert_num_queries):
    @written
    def memberships(*, user: UUID):
        return make.Member.objects.filter(user=user).select_related("enterprise").annotate(one=Value(1))

    person = make.site_officer()
    name = make.employer_of(person).name
    memberships(user=person.pk)
    with django_assert_num_queries(1):
        (member,) = memberships(user=person.pk)
        assert (member.enterprise.name, member.one) == (name, 1)


def test_one_question_takes_as_many_keys_as_there_are():
    @written
    def among(*, keys: list[str]):
        return District.objects.filter(any_of("code", keys)).order_by("code")

    codes = sorted(District.objects.values_list("code", flat=True))
    assert [[row.code for row in among(keys=some)] for some in (codes, codes[:1], [])] == [codes, codes[:1], []]


def test_a_fixed_per_cent_sign_stays_one():
    @written_unprepared
    def odd(*, code: str):
        return District.objects.filter(name__contains="100%", code=code).annotate(share=Value("50%"))

    District.objects.create(code="999998", name="100%区", lng_min=0, lng_max=1, lat_min=0, lat_max=1)
    assert [row.share for row in odd(code="999998")] == ["50%"]


def test_what_a_shape_says_is_written_into_it():
    @written
    def sorted_by(order: str, *, code: str):
        return District.objects.filter(code__gte=code).order_by(order).values_list("code", flat=True)

    codes = sorted(District.objects.values_list("code", flat=True))
    assert (sorted_by("code", code=""), sorted_by("-code", code="")) == (codes, codes[::-1])


def test_a_question_inside_another_takes_values_of_both():
    found = NAMED[False].within("SELECT count(*) FROM (%s) AS found HAVING count(*) >= %s", (0,), word="江")
    assert found == [(named("江").count(),)]


def test_a_new_connection_prepares_anew():
    assert NAMED[True](word="江") == list(named("江"))
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    connection.questions_prepared = (None, set())  # as after a connection that was lost
    assert NAMED[True](word="江") == list(named("江"))


def test_behind_a_pool_nothing_is_prepared(settings):
    settings.PREPARED_QUESTIONS = False
    plain = Written(named)
    assert plain(word="江") == list(named("江"))
    assert plain.text((), {"word": "江"}).prepare == ""


def test_behind_a_pool_a_question_about_nothing_is_asked_too(settings):
    settings.PREPARED_QUESTIONS = False

    def half():
        return WorkDay.objects.exclude(note__contains="100%").values_list("date", flat=True)

    assert Written(half)() == list(half())
    assert Written(half).within("SELECT count(*) FROM (%s) AS found HAVING count(*) >= %s", (0,)) == [(half().count(),)]


def test_behind_a_pool_every_sort_of_page_opens(client, settings):
    settings.PREPARED_QUESTIONS = False
    filing = make.submitted_filing()
    people = {
        make.officer("safety"): ["/review/?q=江", "/review/"],
        filing.created_by: ["/filing/advance/?q=江", "/apps/"],
    }
    for user, pages in people.items():
        client.force_login(user)
        for page in ["/home/", *pages]:
            assert client.get(page).status_code == 200, page


def test_days_go_in_as_days():
    days = list(WorkDay.objects.order_by("date").values_list("date", flat=True)[:3])

    @written
    def since(*, day):
        return WorkDay.objects.filter(date__gte=day).order_by("date").values_list("date", flat=True)

    for day in days:
        assert since(day=day) == list(
            WorkDay.objects.filter(date__gte=day).order_by("date").values_list("date", flat=True)
        )


def test_nothing_is_written_about_what_has_no_type_in_sql():
    with pytest.raises(TypeError, match="dict"):
        stand_in("x", {})

"""Handing a filing in: who may, what is asked, what is refused, and that it happens once."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.http import Http404
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import StationRole
from portal.audit.models import AuditEntry
from portal.errors import Refused
from portal.notifications.models import Message
from supervision.catalogue import Module
from supervision.models import Filing, FilingVersion, Review
from supervision.permissions import can_prepare, preparable_by
from tests import make
from tests.supervision.acts import submit, ticked, together


@pytest.mark.django_db
@pytest.mark.parametrize("module", Module)
def test_submitting_asks_both_stations_of_the_area_and_tells_their_officers(module):
    author = make.site_officer()
    filing = make.ready_filing(module, by=author)
    told = {make.officer("safety"), make.officer("quality")}
    make.officer("safety", area="WC")

    submit(filing, author)

    filing.refresh_from_db()
    assert (filing.status, filing.round, filing.targets) == ("submitted", 1, ["safety", "quality"])
    assert {(review.role, review.status) for review in filing.reviews.all()} == {
        ("safety", "waiting"),
        ("quality", "waiting"),
    }
    assert {message.user for message in Message.objects.filter(event="filing.submitted")} == told
    assert Message.objects.get(event="filing.received").user == author
    entry = AuditEntry.objects.get(event="filing.submitted")
    assert (entry.actor, entry.subject_id) == (author, str(filing.pk))


@pytest.mark.django_db
def test_the_number_says_module_day_and_running_number():
    author = make.site_officer()
    numbers = [submit(make.ready_filing(Module.ADVANCE, by=author), author).number for _ in range(2)]
    day = f"{timezone.localdate():%Y%m%d}"
    assert numbers == [f"TQ-{day}-0001", f"TQ-{day}-0002"]


@pytest.mark.django_db
def test_the_version_freezes_what_was_handed_in():
    author = make.site_officer()
    filing = submit(make.ready_filing(by=author), author)
    version = FilingVersion.objects.get(filing=filing)
    party = filing.parties.get(party_type="contractor")

    Filing.objects.filter(pk=filing.pk).update(works_name="改了")
    version.refresh_from_db()

    assert version.data["basics"]["works_name"] == filing.works_name
    frozen = next(one for one in version.data["parties"] if one["place"] == "contractor")
    assert frozen["head_id_number"] == party.head_id_number
    assert len(version.digest) == 64
    with connection.cursor() as cursor:
        cursor.execute("SELECT data FROM supervision_filingversion WHERE id = %s", [version.pk])
        assert party.head_id_number not in cursor.fetchone()[0]


@pytest.mark.django_db
def test_a_stranger_does_not_find_the_filing():
    filing = make.ready_filing()
    with pytest.raises(Http404):
        submit(filing, make.site_officer())


@pytest.mark.django_db
def test_an_officer_of_the_station_cannot_submit():
    with pytest.raises(Http404):
        submit(make.ready_filing(), make.officer("safety"))


@pytest.mark.django_db
def test_a_filing_with_gaps_is_refused_with_each_of_them():
    author = make.site_officer()
    filing = make.draft_filing(Module.ADVANCE, by=author)
    with pytest.raises(Refused) as refusal:
        submit(filing, author)
    reasons = [str(reason) for reason in refusal.value.reasons]
    assert "请填写工程名称" in reasons
    assert "缺：监理单位及其总监理工程师" in reasons
    assert "请至少添加一个单位工程" in reasons


@pytest.mark.django_db
def test_early_intervention_without_its_files_is_refused_by_the_server():
    author = make.site_officer()
    filing = make.ready_filing(Module.EARLY, by=author)
    filing.attachments.all().delete()
    with pytest.raises(Refused) as refusal:
        submit(filing, author)
    assert "缺：施工合同（关键页）" in [str(reason) for reason in refusal.value.reasons]
    assert not Review.objects.exists()


@pytest.mark.django_db
def test_a_warning_has_to_be_ticked_and_is_shown_to_the_station():
    author = make.site_officer()
    filing = make.ready_filing(by=author, planned_start_date=timezone.localdate() - timedelta(days=1))
    with pytest.raises(Refused, match="早于今天"):
        submit(filing, author, acknowledged=["duration"])

    submit(filing, author)

    acknowledged = filing.versions.get().acknowledged
    assert "start_in_past" in [warning["code"] for warning in acknowledged]


@pytest.mark.django_db
@pytest.mark.parametrize("targets", [[], ["fire"]])
def test_what_is_no_target_is_refused(targets):
    author = make.site_officer()
    with pytest.raises(Refused, match="请选择报监对象"):
        submit(make.ready_filing(by=author), author, targets=targets)


@pytest.mark.django_db
def test_an_area_without_station_is_refused_with_the_operators_contact(settings):
    settings.SUPPORT_CONTACT = "027-12345678"
    author = make.site_officer()
    filing = make.ready_filing(by=author)
    StationRole.objects.filter(area_id="JA", role="quality").delete()
    with pytest.raises(Refused) as refusal:
        submit(filing, author)
    assert [str(reason) for reason in refusal.value.reasons] == [
        "“江岸区”尚未设置质监机构，暂不能报监。",
        "请联系平台运营：027-12345678",
    ]


@pytest.mark.django_db
def test_a_permit_that_names_another_enterprise_too_may_be_handed_in_by_its_people():
    owner, contractor = make.granted(make.enterprise()), make.granted(make.enterprise())
    author, colleague = make.site_officer(at=contractor), make.site_officer(at=owner)
    filing = make.ready_filing(Module.JOINT, by=author, permit=make.permit(owner=owner, contractor=contractor))
    assert submit(filing, colleague).submitted_by == colleague


# One live filing per project


def same_project(author, module, **fields):
    return make.ready_filing(module, by=author, project_no="4201022603150001", **fields)


@pytest.mark.django_db
@pytest.mark.parametrize("first", Module)
@pytest.mark.parametrize("second", Module)
def test_a_project_is_filed_once_whatever_the_module(first, second):
    author = make.site_officer()
    earlier = submit(same_project(author, first), author)
    with pytest.raises(Refused) as refusal:
        submit(same_project(author, second), author)
    assert str(refusal.value.heading) == f"该项目已于 {earlier.get_module_display()} 报监（编号{earlier.number}）"
    assert refusal.value.action[1] == earlier.get_absolute_url()


@pytest.mark.django_db
def test_a_stranger_of_the_first_filing_learns_only_that_there_is_one():
    author, other = make.site_officer(), make.site_officer()
    earlier = submit(same_project(author, Module.ADVANCE), author)
    with pytest.raises(Refused) as refusal:
        submit(same_project(other, Module.EARLY), other)
    assert str(refusal.value.heading) == "该项目已由其他单位报监，请联系辖区监督站"
    assert refusal.value.action is None
    assert earlier.number not in " ".join(map(str, refusal.value.reasons))


@pytest.mark.django_db
def test_filings_with_one_project_number_come_under_one_project():
    author = make.site_officer()
    first = submit(same_project(author, Module.ADVANCE), author)
    first.refresh_from_db()
    assert first.project.project_no == "4201022603150001"
    assert first.live_key == str(first.project_id)


def alike(author, owner, module=Module.ADVANCE, name="临江商务中心A座", **fields):
    """A filing without number: same owner, this name, on the usual spot."""
    filing = make.ready_filing(module, by=author, project_name=name, works_name=name, **fields)
    filing.parties.filter(party_type="owner").update(uscc=owner.uscc)
    return filing


@pytest.mark.django_db
def test_a_wrong_no_is_refused_with_the_candidate_unless_a_reason_is_given():
    author, owner = make.site_officer(), make.enterprise()
    submit(alike(author, owner), author)
    second = alike(author, owner, name="临江商务中心A座（二次）")
    with pytest.raises(Refused) as refusal:
        submit(second, author)
    assert str(refusal.value.heading) == "疑似已报监，请核实是否为同一项目"

    submit(second, author, reason="二期工程，另行立项。")

    second.refresh_from_db()
    assert second.overruled_candidate_reason == "二期工程，另行立项。"
    assert second.versions.get().data["prior"]["reason"] == "二期工程，另行立项。"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "longitude", "owners", "found"),
    [
        ("临江商务中心A座", "114.318200", 1, True),
        ("光谷左岭产业园厂房", "114.318200", 1, False),
        ("临江商务中心A座", "114.325000", 1, False),  # some 650 m away
        ("临江商务中心A座", "114.318200", 2, False),
    ],
)
def test_a_candidate_has_the_same_owner_a_similar_name_and_lies_near(name, longitude, owners, found):
    author, owner = make.site_officer(), make.enterprise()
    submit(alike(author, owner), author)
    owner = owner if owners == 1 else make.enterprise()
    second = alike(author, owner, name=name, longitude=Decimal(longitude))
    if found:
        with pytest.raises(Refused):
            submit(second, author)
    else:
        assert submit(second, author).status == "submitted"


# Once


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(3))
def test_a_double_click_files_once(attempt):
    author = make.site_officer()
    filing = make.ready_filing(by=author)
    outcomes = together(*[lambda: submit(filing, author)] * 4)
    assert sorted(outcomes) == ["Refused", "Refused", "Refused", "done"]
    assert Review.objects.filter(filing=filing).count() == 2
    assert FilingVersion.objects.filter(filing=filing).count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("pair", [("advance_service", "early_intervention"), ("early_intervention", "joint")])
@pytest.mark.parametrize("attempt", range(5))
def test_two_modules_at_the_same_moment_leave_one_live_filing(pair, attempt):
    author = make.site_officer()
    filings = [same_project(author, module) for module in pair]
    outcomes = together(*[lambda filing=filing: submit(filing, author) for filing in filings])
    assert sorted(outcomes) == ["Refused", "done"]
    assert Filing.objects.live().count() == 1


# Pages


def posted(filing, **fields):
    return {"prior_exists": "no", "targets": ["safety", "quality"], "acknowledged": ticked(filing)} | fields


@pytest.mark.django_db
def test_the_dialog_leads_to_the_number(client):
    author = make.site_officer()
    filing = make.ready_filing(by=author)
    client.force_login(author)
    url = reverse("filing:submit", args=[filing.pk])

    assert "该项目是否已在先行介入、提前服务报监？" in client.get(url).content.decode()
    response = client.post(url, posted(filing), follow=True)

    filing.refresh_from_db()
    assert response.redirect_chain == [(reverse("filing:done", args=[filing.pk]), 302)]
    assert filing.number in response.content.decode()


@pytest.mark.django_db
def test_the_same_form_sent_twice_leads_to_the_same_page(client):
    author = make.site_officer()
    filing = make.ready_filing(by=author)
    client.force_login(author)
    url = reverse("filing:submit", args=[filing.pk])
    data = posted(filing, once="A" * 22)
    replies = [client.post(url, data) for _ in range(2)]
    assert [reply["Location"] for reply in replies] == [reverse("filing:done", args=[filing.pk])] * 2
    assert Review.objects.filter(filing=filing).count() == 2


@pytest.mark.django_db(transaction=True)
def test_four_clicks_at_the_same_moment_all_arrive_at_the_same_page():
    author = make.site_officer()
    filing = make.ready_filing(by=author)
    url, data, places = reverse("filing:submit", args=[filing.pk]), posted(filing, once="B" * 22), []

    def click():
        browser = Client()
        browser.force_login(author)
        places.append(browser.post(url, data)["Location"])

    assert together(*[click] * 4) == ["done"] * 4
    assert places == [reverse("filing:done", args=[filing.pk])] * 4
    assert Review.objects.filter(filing=filing).count() == 2


@pytest.mark.django_db
def test_who_may_prepare_a_filing_is_the_same_in_lists_and_on_pages():
    owner, contractor = make.granted(make.enterprise()), make.granted(make.enterprise())
    people = [make.site_officer(at=owner), make.site_officer(at=contractor), make.site_officer(), make.officer()]
    filings = [
        make.draft_filing(Module.JOINT, by=people[1], permit=make.permit(owner=owner, contractor=contractor)),
        make.draft_filing(Module.ADVANCE, by=people[0]),
    ]
    rights = [[can_prepare(person, filing) for filing in filings] for person in people]
    assert rights == [[True, True], [True, False], [False, False], [False, False]]
    assert [[filing in preparable_by(person) for filing in filings] for person in people] == rights


@pytest.mark.django_db
def test_the_dialog_lists_what_is_missing_with_links(client):
    author = make.site_officer()
    filing = make.draft_filing(Module.ADVANCE, by=author)
    client.force_login(author)
    page = client.get(reverse("filing:submit", args=[filing.pk])).content.decode()
    assert "请填写工程名称" in page
    assert reverse("filing:basics", args=[filing.pk]) in page
    assert 'name="prior_exists"' not in page


@pytest.mark.django_db
@pytest.mark.parametrize(
    "page", ["submit", "done", "detail", "withdraw", "correct", "resubmit", "receipt", "supplement"]
)
def test_no_page_of_a_filing_shows_itself_to_a_stranger(client, page):
    filing = make.filed_filing()
    client.force_login(make.site_officer())
    assert client.get(reverse(f"filing:{page}", args=[filing.pk])).status_code == 404


@pytest.mark.django_db
def test_the_enterprises_own_account_is_told_why_it_may_not_enter(client):
    author = make.site_officer()
    filing = make.ready_filing(by=author)
    client.force_login(make.administrator_of(make.employer_of(author)))
    assert client.get(reverse("filing:submit", args=[filing.pk])).status_code == 403

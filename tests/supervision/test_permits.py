"""What permits do to filings: edge cases 2, 3, 4 and 52 of domain §5.7, and everything §5.5 promises."""

from datetime import timedelta

import pytest
from django.http import Http404
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Target
from portal.audit.models import AuditEntry
from portal.errors import Refused
from portal.notifications.models import Message
from projects.feeds.reference_server import Source
from projects.feeds.reference_server import permit as row
from projects.feeds.rows import CATEGORIES, Reader
from projects.feeds.upsert import change
from projects.models import ConstructionPermit, Project
from projects.tasks import run_feeds
from supervision.actions import (
    accept_review,
    adopt_party,
    adopt_source,
    approve_review,
    follow_permits,
    pull_permit,
    save_basics,
)
from supervision.catalogue import Module, ProjectCategory
from supervision.gaps import warnings_in
from supervision.models import Filing
from supervision.permit_news import differing, differing_parties, permit_news, suspected_among
from supervision.tasks import follow_the_permits
from tests import make
from tests.supervision.acts import review_of, states, submit, together
from tests.supervision.screen import Screen, words


@pytest.fixture
def author(db):
    return make.site_officer()


@pytest.fixture
def browser(author):
    client = Client()
    client.force_login(author)
    return client


def bring(permit, **changes):
    """The feed brings a permit again, with changes, through the door that every page takes."""
    parties = changes.pop("parties", permit.parties)
    said = {
        "permit_no": permit.permit_no,
        "status": permit.status,
        "issued_on": permit.issued_on,
        "project_no": permit.project_no,
        "project_name": permit.project_name,
        "works_name": permit.works_name,
        "category": permit.category,
        "district": permit.district_id,
        "address": permit.address,
        "longitude": str(permit.longitude),
        "latitude": str(permit.latitude),
        "construction_area_m2": str(permit.construction_area_m2),
        "contract_amount_wan": str(permit.contract_amount_wan),
        "construction_scale": permit.construction_scale,
        "parties": parties,
    }
    change("permits", [Reader("permits").row(said | changes)], timezone.now())
    return ConstructionPermit.objects.get(pk=permit.pk)


def pulled(author, **fields):
    """A joint filing as its permit brought it, for the enterprise of `author`."""
    owner, supervisor = make.enterprise(types=["owner"]), make.enterprise(types=["supervisor"])
    permit = make.permit(owner=owner, contractor=make.employer_of(author), supervisor=supervisor, **fields)
    return pull_permit(permit)


def begun(author, **fields):
    """The same with a first word of the applicant on it."""
    filing = pulled(author, **fields)
    return save_basics(filing, {"remarks": "已开始填写"}, version=0, by=author)


def fresh(filing):
    return Filing.objects.select_related("permit", "award").get(pk=filing.pk)


# From the source to the enterprises it names


def test_what_a_source_brings_appears_in_the_lists_of_those_it_names_and_of_nobody_else(db, monkeypatch, settings):
    make.reference()
    code = row(1)["parties"][1]["uscc"]
    ours = make.site_officer(at=make.enterprise(uscc=code))
    owner = make.site_officer(at=make.enterprise(types=["owner"], uscc=row(1)["parties"][0]["uscc"]))
    stranger = make.site_officer()
    with Source([row(1), row(2)]) as source:
        settings.FEED_SOURCES = {"permits": (source.url, "")}
        run_feeds()
    assert follow_the_permits() == 2
    assert [filing.works_name for filing in Filing.objects.visible_to(ours)] == [row(1)["works_name"]]
    assert Filing.objects.visible_to(owner).count() == 1
    assert Filing.objects.visible_to(stranger).count() == 0
    assert Message.objects.filter(event="permit.pulled").count() == 2
    client = Client()
    client.force_login(ours)
    text = words(client.get("/filing/joint/", {"q": "住宅"}))
    assert row(1)["works_name"] in text and "待完善" in text
    assert row(2)["works_name"] not in text


def test_a_permit_is_followed_once(author):
    make.permit(contractor=make.employer_of(author))
    assert [follow_permits(), follow_permits()] == [1, 0]
    assert Filing.objects.count() == 1
    assert AuditEntry.objects.filter(event="filing.pulled").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_pull_a_permit_once():
    author = make.site_officer()
    for _permit in range(3):
        make.permit(contractor=make.employer_of(author), project_no="4201022603150001")
    assert together(follow_permits, follow_permits) == ["done", "done"]
    assert (Filing.objects.count(), Project.objects.count()) == (3, 1)


def test_two_permits_of_one_project_number_are_two_filings_of_one_project(author):
    for _permit in range(2):
        make.permit(contractor=make.employer_of(author), project_no="4201022603150001")
    follow_permits()
    assert Filing.objects.count() == 2
    assert Filing.objects.values("project").distinct().count() == 1


def test_permits_without_a_project_number_get_a_temporary_one(author):
    make.permit(contractor=make.employer_of(author), project_no="")
    follow_permits()
    assert Filing.objects.get().project.temporary_no.startswith("LS")


def test_a_permit_that_names_two_contractors_is_a_consortium(author):
    permit = make.permit(contractor=make.employer_of(author))
    permit.parties = [*permit.parties, permit.parties[0] | {"unit_name": "另一家", "uscc": make.uscc()}]
    permit.save()
    filing = pull_permit(permit)
    assert [party.consortium_role for party in filing.parties.all()] == [1, 2]


def test_a_pulled_filing_is_found_by_the_name_of_an_enterprise(author):
    filing = pulled(author)
    assert make.employer_of(author).name in filing.search_text


def test_a_revoked_permit_opens_no_filing(author):
    make.permit(contractor=make.employer_of(author), status="revoked")
    follow_permits()
    assert Filing.objects.count() == 0


def test_pulling_many_asks_little(author, django_assert_max_num_queries):
    for _permit in range(20):
        make.permit(contractor=make.enterprise())
    with django_assert_max_num_queries(20):
        follow_permits()
    assert Filing.objects.count() == 20


def test_the_feed_and_the_filing_know_the_same_categories():
    assert set(CATEGORIES) == set(ProjectCategory.values)


# A permit that changes


def test_an_untouched_filing_follows_its_permit(author):
    filing = pulled(author)
    bring(filing.permit, works_name="新的工程名称", construction_area_m2="99.5")
    follow_permits()
    assert (fresh(filing).works_name, str(fresh(filing).construction_area_m2)) == ("新的工程名称", "99.50")
    assert fresh(filing).status == "pulled"


def test_what_a_person_wrote_is_never_overwritten_and_the_source_stands_beside_it(author, browser):
    filing = begun(author)
    filing = save_basics(filing, {"address": "本人填写的地址"}, version=1, by=author)
    bring(filing.permit, address="许可证上的新地址", works_name="许可证上的新名称")
    follow_permits()
    now = fresh(filing)
    assert now.address == "本人填写的地址"
    assert now.works_name == filing.works_name
    assert [(said.name, said.text) for said in differing(now)] == [
        ("works_name", "许可证上的新名称"),
        ("address", "许可证上的新地址"),
    ]
    page = browser.get(reverse("filing:basics", args=[filing.pk]))
    text = words(page)
    assert "许可证数据：" in text and "许可证上的新地址" in text and "采用" in text


def test_adopting_the_source_s_value_works_without_script_and_keeps_what_else_was_typed(author, browser):
    filing = begun(author)
    bring(filing.permit, works_name="许可证上的新名称")
    follow_permits()
    url = reverse("filing:basics", args=[filing.pk])
    page = browser.get(url)
    form = next(
        form
        for form in Screen(page.content.decode()).forms
        if form["method"] == "post" and dict(form["fields"]).get("version")
    )
    values = dict(form["fields"]) | {"remarks": "另外写的", "adopt": "works_name"}
    assert browser.post(url, values).status_code == 302
    now = fresh(filing)
    assert (now.works_name, now.remarks) == ("许可证上的新名称", "另外写的")
    assert differing(now) == []
    assert AuditEntry.objects.filter(event="filing.edited", actor=author, details__fields=["works_name"]).exists()


def test_a_field_that_the_source_does_not_speak_of_cannot_be_adopted(author):
    filing = begun(author)
    with pytest.raises(Refused):
        adopt_source(filing, "remarks", version=filing.basics_version, by=author)


def test_strangers_adopt_nothing(author):
    filing = begun(author)
    with pytest.raises(Http404):
        adopt_source(filing, "address", version=filing.basics_version, by=make.site_officer())


def test_a_handed_in_filing_takes_nothing_from_its_source(author):
    filing = make.ready_filing(Module.JOINT, by=author)
    submit(filing, author)
    with pytest.raises(Refused):
        adopt_source(filing, "address", version=filing.basics_version, by=author)


def test_a_party_that_the_permit_names_anew_is_said_on_the_second_tab(author, browser):
    filing = begun(author)
    parties = [*filing.permit.parties[1:], filing.permit.parties[0] | {"unit_name": "新业主", "uscc": make.uscc()}]
    bring(filing.permit, parties=parties)
    follow_permits()
    now = fresh(filing)
    assert [said.label for said in differing_parties(now, now.parties.all())] == ["建设单位"]
    assert "新业主" in words(browser.get(reverse("filing:parties", args=[filing.pk])))


def named_anew(author, **changes):
    """A filing whose permit names another 建设单位 by now."""
    filing = begun(author)
    owner = next(one for one in filing.permit.parties if one["party_type"] == "owner")
    other = owner | {"unit_name": "新业主", "uscc": make.uscc()} | changes
    bring(filing.permit, parties=[other, *(one for one in filing.permit.parties if one is not owner)])
    follow_permits()
    return fresh(filing), other


def key(party):
    return f"{party['party_type']}:{party['uscc']}"


def test_one_click_takes_the_party_that_the_permit_names_and_keeps_what_else_was_typed(author, browser):
    filing, other = named_anew(author)
    url = reverse("filing:parties", args=[filing.pk])
    form = next(form for form in Screen(browser.get(url).content.decode()).forms if "row" in dict(form["fields"]))
    values: dict = {}
    for name, value in form["fields"]:
        values.setdefault(name, []).append(value)
    values |= {"contractor.legal_representative": ["另外写的"], "adopt": [key(other)]}
    assert browser.post(url, values).status_code == 302
    now = fresh(filing)
    owner = now.parties.get(party_type="owner")
    assert (owner.unit_name, owner.uscc) == ("新业主", other["uscc"])
    assert now.parties.get(party_type="contractor").legal_representative == "另外写的"
    assert differing_parties(now, now.parties.all()) == []
    assert AuditEntry.objects.filter(
        event="filing.edited", actor=author, details__fields__contains=["owner.uscc"]
    ).exists()


def test_another_head_of_the_permit_does_not_keep_the_former_head_s_numbers(author):
    filing, other = named_anew(author, head_name="新负责人")
    owner = filing.parties.get(party_type="owner")
    owner.head_name, owner.head_id_number, owner.head_phone = "旧负责人", make.id_number(), make.phone()
    owner.save()
    adopt_party(filing, key(other), version=filing.parties_version, by=author)
    owner = filing.parties.get(party_type="owner")
    assert (owner.head_name, owner.head_id_number or "", owner.head_phone or "") == ("新负责人", "", "")


def test_a_party_of_a_sort_that_the_filing_has_none_of_is_added(author):
    filing = begun(author)
    survey = make.party_named("survey", make.enterprise(types=["survey"]))
    bring(filing.permit, parties=[*filing.permit.parties, survey])
    follow_permits()
    count = filing.parties.count()
    adopt_party(fresh(filing), key(survey), version=fresh(filing).parties_version, by=author)
    assert filing.parties.count() == count + 1
    assert filing.parties.get(party_type="survey").uscc == survey["uscc"]


def test_a_party_that_the_permit_no_longer_names_cannot_be_adopted(author):
    filing, _other = named_anew(author)
    with pytest.raises(Refused):
        adopt_party(filing, f"owner:{make.uscc()}", version=filing.parties_version, by=author)


def test_strangers_adopt_no_party(author):
    filing, other = named_anew(author)
    with pytest.raises(Http404):
        adopt_party(filing, key(other), version=filing.parties_version, by=make.site_officer())


def test_an_enterprise_that_the_permit_names_later_sees_the_filing(author):
    filing = begun(author)
    later = make.site_officer()
    named = make.party_named("design", make.employer_of(later))
    bring(filing.permit, parties=[*filing.permit.parties, named])
    follow_permits()
    assert list(Filing.objects.visible_to(later)) == [filing]


def test_a_changed_permit_is_said_on_the_hub_the_filing_and_the_desk(author, browser):
    filing = make.ready_filing(Module.JOINT, by=author)
    submit(filing, author)
    bring(filing.permit, works_name="许可证上的新名称")
    follow_permits()
    assert "施工许可证数据有变更" in words(browser.get(filing.get_absolute_url()))
    officer = make.officer(Target.SAFETY)
    desk = Client()
    desk.force_login(officer)
    review = review_of(filing, Target.SAFETY)
    text = words(desk.get(reverse("review:detail", args=[review.pk])))
    assert "施工许可证数据有变更" in text and "工程名称" in text


def test_a_change_before_anything_was_handed_in_is_said_on_the_hub(author, browser):
    filing = begun(author)
    bring(filing.permit, address="新地址")
    follow_permits()
    assert "施工许可证数据有变更" in words(browser.get(reverse("filing:hub", args=[filing.pk])))


# Revoked


def test_a_revoked_permit_alerts_the_stations_and_voids_nothing(author, browser):
    """§5.5: revoked permit → alert station, no automatic void."""
    officers = [make.officer(Target.SAFETY), make.officer(Target.QUALITY)]
    filing = make.ready_filing(Module.JOINT, by=author)
    submit(filing, author)
    before = states(filing)
    bring(filing.permit, status="revoked")
    follow_permits()
    assert states(filing) == before
    told = Message.objects.filter(event="permit.revoked")
    assert {message.user for message in told} == {*officers, author}
    assert "施工许可证已撤销" in words(browser.get(filing.get_absolute_url()))
    desk = Client()
    desk.force_login(officers[0])
    assert "施工许可证已撤销" in words(desk.get(reverse("review:detail", args=[review_of(filing, "safety").pk])))


def test_a_revocation_is_told_once(author):
    make.officer(Target.SAFETY)
    filing = make.ready_filing(Module.JOINT, by=author)
    submit(filing, author)
    permit = bring(filing.permit, status="revoked")
    follow_permits()
    count = Message.objects.filter(event="permit.revoked").count()
    bring(permit, address="又改了")
    follow_permits()
    assert Message.objects.filter(event="permit.revoked").count() == count > 0


def test_a_draft_on_a_revoked_permit_says_so_and_asks_for_a_tick(author, browser):
    filing = begun(author)
    bring(filing.permit, status="revoked")
    follow_permits()
    assert "施工许可证已撤销" in words(browser.get(reverse("filing:hub", args=[filing.pk])))
    assert "permit_revoked" in [warning.code for warning in warnings_in(fresh(filing))]


# Edge case 52: permit lapsed (not started in 3 months, no extension) → status by computation, warning only


@pytest.mark.parametrize(
    ("days", "status", "lapsed"), [(80, "001", False), (100, "001", True), (100, "003", False), (100, "", True)]
)
def test_52_a_permit_without_a_start_in_three_months_is_a_warning_and_no_more(author, days, status, lapsed):
    issued = timezone.localdate() - timedelta(days=days)
    filing = make.ready_filing(Module.JOINT, by=author, construction_status=status or "001")
    ConstructionPermit.objects.filter(pk=filing.permit_id).update(issued_on=issued)
    filing = fresh(filing)
    filing.construction_status = status
    assert ("permit_lapsed" in [warning.code for warning in warnings_in(filing)]) is lapsed
    assert ("施工许可证可能已失效" in [news.heading for news in permit_news(filing)]) is lapsed
    assert filing.permit.status == "valid"


def test_52_a_filing_on_such_a_permit_is_still_handed_in_with_a_tick(author):
    filing = make.ready_filing(Module.JOINT, by=author)
    ConstructionPermit.objects.filter(pk=filing.permit_id).update(issued_on=timezone.localdate() - timedelta(days=200))
    submit(fresh(filing), author)
    assert fresh(filing).status == "submitted"


# Edge cases 2, 3, 4: a project with a permit in the early modules


def early(author, **fields):
    """An early filing that is handed in, and a permit of the same project number."""
    filing = make.ready_filing(Module.EARLY, by=author, project_no="4201022603150007", **fields)
    submit(filing, author)
    return fresh(filing)


def test_2_who_opens_early_intervention_for_a_project_with_a_permit_is_shown_the_pulled_row(author, browser):
    joint = pulled(author, project_no="4201022603150007")
    make.award(contractor=make.employer_of(author), project_no="4201022603150007")
    page = browser.get("/filing/early/new/")
    assert "有施工许可证的项目优先在联合报监内报监" in words(page)
    assert joint.get_absolute_url() in page.content.decode()


def test_2_a_permit_of_strangers_is_not_shown(author, browser):
    pulled(make.site_officer(), project_no="4201022603150007")
    make.award(contractor=make.employer_of(author), project_no="4201022603150007")
    assert "去联合报监" not in words(browser.get("/filing/early/new/"))


def test_3_a_permit_pulled_while_the_early_filing_is_under_review_is_said_on_both(author, browser):
    filing = early(author)
    joint = pulled(author, project_no="4201022603150007")
    assert "该项目已取得施工许可证" in words(browser.get(filing.get_absolute_url()))
    text = words(browser.get(reverse("filing:hub", args=[joint.pk])))
    assert "疑似已先行介入/提前服务" in text and "该报监办结后" in text


def test_3_stations_read_it_without_a_way_into_the_draft(author):
    officer = make.officer(Target.SAFETY)
    filing = early(author)
    joint = pulled(author, project_no="4201022603150007")
    desk = Client()
    desk.force_login(officer)
    page = desk.get(reverse("review:detail", args=[review_of(filing, Target.SAFETY).pk]))
    assert "该项目已取得施工许可证" in words(page)
    assert str(joint.pk) not in page.content.decode()


def test_4_a_permit_pulled_after_approval_marks_the_row_and_preselects_that_it_exists(author, browser):
    officers = {role: make.officer(role) for role in Target}
    filing = early(author)
    for role, officer in officers.items():
        review = review_of(filing, role)
        accept_review(review, by=officer)
        approve_review(review_of(filing, role), opinion="同意", version=review.version, by=officer)
    joint = make.ready_filing(Module.JOINT, by=author, project_no="4201022603150007")
    assert "疑似已先行介入/提前服务" in words(browser.get("/filing/joint/"))
    page = browser.get(reverse("filing:submit", args=[joint.pk]))
    form = next(form for form in Screen(page.content.decode()).forms if dict(form["fields"]).get("once"))
    fields = dict(form["fields"])
    assert (fields["prior_exists"], fields["prior"]) == ("yes", str(filing.pk))


def test_4_nothing_is_preselected_for_a_project_that_was_never_filed(author, browser):
    joint = make.ready_filing(Module.JOINT, by=author)
    page = browser.get(reverse("filing:submit", args=[joint.pk]))
    fields = dict(
        next(form for form in Screen(page.content.decode()).forms if dict(form["fields"]).get("once"))["fields"]
    )
    assert "prior_exists" not in fields
    assert "疑似已先行介入/提前服务" not in words(browser.get("/filing/joint/"))


@pytest.mark.parametrize("count", [1, 3])
def test_the_mark_costs_the_same_for_every_length_of_list(author, django_assert_num_queries, count):
    early(author)
    rows = [pulled(author, project_no="4201022603150007") for _row in range(count)]
    with django_assert_num_queries(3):
        assert suspected_among(rows) == {filing.pk for filing in rows}


@pytest.mark.parametrize("page", ["filing:hub", "filing:basics"])
def test_the_sentence_of_a_lapse_stands_once_on_a_page(author, browser, page):
    filing = begun(author, issued_on=timezone.localdate() - timedelta(days=200))
    assert words(browser.get(reverse(page, args=[filing.pk]))).count("项目状态仍未开工") == 1

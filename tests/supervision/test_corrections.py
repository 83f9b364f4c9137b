"""退回修改: what may be changed, what must be answered, who looks again."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.http import Http404
from django.urls import reverse
from django.utils import timezone

from portal.errors import Refused
from portal.notifications.models import Message
from supervision.actions import (
    accept_review,
    add_item,
    answer_item,
    editable_places,
    may_change,
    open_items,
    resubmit_filing,
    return_review,
)
from supervision.frozen import changes_since
from supervision.models import Attachment, Filing, Review, UnitWork
from tests import make
from tests.supervision.acts import resubmit, review_of, states, submit, ticked

pytestmark = pytest.mark.django_db


@pytest.fixture
def author():
    return make.site_officer()


@pytest.fixture
def filing(author):
    return submit(make.ready_filing(by=author), author)


def give_back(filing, *places, role="safety"):
    """Return the filing for these (section, place) pairs."""
    review, officer = review_of(filing, role), make.officer(role)
    accept_review(review, by=officer)
    for section, place in places or [("basics", "works_name")]:
        add_item(review, section=section, place=place, text="请核实。", by=officer)
    return return_review(Review.objects.get(pk=review.pk), version=review.version, by=officer)


def change(filing, **values):
    Filing.objects.filter(pk=filing.pk).update(**values)


def test_everything_is_open_in_a_draft_and_nothing_while_stations_look(author, filing):
    assert editable_places(make.ready_filing(by=author)) is None
    assert editable_places(filing) == set()


@pytest.mark.parametrize(
    ("flagged", "opened", "closed"),
    [
        (("basics", "works_name"), {("basics", "works_name")}, ("basics", "project_name")),
        (
            ("basics", "longitude"),
            {("basics", name) for name in ("longitude", "latitude", "coordinate_datum", "boundary_points")},
            ("basics", "address"),
        ),
        (
            ("parties", "contractor.head_name"),
            {
                ("parties", f"contractor.{name}")
                for name in (
                    "head_name",
                    "head_id_number",
                    "head_phone",
                    "certificate_no",
                    "exception_case",
                    "note",
                )
            },
            ("parties", "contractor.uscc"),
        ),
        (("attachments", "M05"), {("attachments", "M05")}, ("attachments", "M06")),
    ],
)
def test_only_the_flagged_place_and_what_hangs_on_it_is_open(filing, flagged, opened, closed):
    give_back(filing, flagged)
    filing.refresh_from_db()
    places = editable_places(filing)
    assert places == opened
    assert may_change(places, *flagged)
    assert not may_change(places, *closed)


def test_a_whole_party_or_section_opens_everything_in_it(filing):
    give_back(filing, ("parties", "owner"), ("unit_works", ""))
    filing.refresh_from_db()
    places = editable_places(filing)
    assert may_change(places, "parties", "owner.uscc")
    assert not may_change(places, "parties", "contractor.uscc")
    assert may_change(places, "unit_works", "any.name")


def test_what_is_missing_by_now_is_open_too_so_that_nobody_is_stuck(filing):
    give_back(filing)
    change(filing, construction_scale="")
    filing.refresh_from_db()
    assert may_change(editable_places(filing), "basics", "construction_scale")


def test_every_item_needs_an_answer_before_it_goes_back(author, filing):
    give_back(filing, ("basics", "works_name"), ("basics", "address"))
    first, _second = open_items(filing)
    answer_item(first, kind="explained", reply="与许可证一致，见附件。", by=author)
    with pytest.raises(Refused, match="还有 1 处没有答复"):
        resubmit_filing(filing, acknowledged=ticked(filing), by=author)
    assert states(filing)[0] == "returned"


def test_an_explanation_says_something(author, filing):
    give_back(filing)
    with pytest.raises(Refused, match="请填写说明"):
        answer_item(open_items(filing).get(), kind="explained", reply="  ", by=author)


def test_a_stranger_neither_answers_nor_sends(filing):
    give_back(filing)
    stranger = make.site_officer()
    for act in (
        lambda: answer_item(open_items(filing).get(), kind="corrected", by=stranger),
        lambda: resubmit_filing(filing, by=stranger),
    ):
        with pytest.raises(Http404):
            act()


def test_what_is_under_review_is_not_resubmitted(author, filing):
    with pytest.raises(Refused, match="不需要重新提交"):
        resubmit_filing(filing, by=author)


def test_resubmitting_freezes_a_new_version_and_asks_the_same_officer_again(author, filing):
    officer = give_back(filing).assignee
    change(filing, works_name="改正后的工程名称")
    resubmit(filing, author)

    review = review_of(filing, "safety")
    assert states(filing) == ("submitted", "recheck", "waiting")
    assert (review.assignee, review.round, review.version.number) == (officer, 2, 2)
    assert review_of(filing, "quality").version.number == 2
    assert [one.user for one in Message.objects.filter(event="filing.resubmitted", user=officer)] == [officer]
    first, second = filing.versions.order_by("number")
    assert [change.label for change in changes_since(first, second)] == ["工程名称"]
    assert review.items.get().closed_at is not None


def test_the_message_about_the_return_is_handled_once_it_went_back(author, filing):
    give_back(filing)
    resubmit(filing, author)
    assert Message.objects.get(event="review.returned").handled_at is not None


def test_an_approval_stands_when_nothing_material_changed(author, filing):
    make.approved(review_of(filing, "quality"))
    give_back(filing, ("basics", "remarks"))
    change(filing, remarks="补充说明")
    resubmit(filing, author)
    assert states(filing) == ("under_review", "recheck", "approved")
    quality = review_of(filing, "quality")
    assert (quality.version.number, quality.round) == (1, 1)


@pytest.mark.parametrize(
    ("values", "again"),
    [
        ({"works_name": "别的工程"}, True),
        ({"address": "江岸区别处"}, True),
        ({"construction_area_m2": Decimal("130000.00")}, False),  # 1.1 %
        ({"construction_area_m2": Decimal("136000.00")}, True),  # 5.8 %
        ({"contract_amount_wan": Decimal("50000")}, False),  # 8.0 %
        ({"contract_amount_wan": Decimal("51000")}, True),  # 10.2 %
        ({"longitude": Decimal("114.318600")}, False),  # 38 m
        ({"longitude": Decimal("114.318800")}, True),  # 57 m
        ({"coordinate_datum": "GCJ02"}, True),  # the same numbers, 590 m away
        ({"planned_completion_date": timezone.localdate() + timedelta(days=800)}, False),
        ({"construction_scale": "住宅6栋。"}, False),
    ],
)
def test_a_material_change_makes_the_station_that_approved_look_again(author, filing, values, again):
    make.approved(review_of(filing, "quality"))
    give_back(filing)
    change(filing, **values)
    resubmit(filing, author)
    assert review_of(filing, "quality").status == ("recheck" if again else "approved")


@pytest.mark.parametrize(
    ("party", "field", "again"),
    [
        ("contractor", "head_name", True),
        ("owner", "unit_name", True),
        ("contractor", "certificate_no", False),
    ],
)
def test_another_unit_or_head_of_the_three_parties_is_material(author, filing, party, field, again):
    make.approved(review_of(filing, "quality"))
    give_back(filing)
    filing.parties.filter(party_type=party).update(**{field: "别的"})
    resubmit(filing, author)
    assert review_of(filing, "quality").status == ("recheck" if again else "approved")


def test_another_unit_work_is_material(author, filing):
    make.approved(review_of(filing, "quality"))
    give_back(filing)
    UnitWork.objects.create(
        filing=filing, name="2#楼", structure_type="005", area_above_m2=1, area_below_m2=0, cost_wan=1
    )
    resubmit(filing, author)
    assert review_of(filing, "quality").status == "recheck"


def test_unit_works_saved_anew_under_the_same_names_are_no_change(author, filing):
    make.approved(review_of(filing, "quality"))
    give_back(filing)
    for work in list(filing.unit_works.all()):
        work.delete()
        work.pk = None
        fresh = UnitWork(**{f.attname: getattr(work, f.attname) for f in UnitWork._meta.fields if f.name != "id"})
        fresh.save()
    resubmit(filing, author)
    assert review_of(filing, "quality").status == "approved"


@pytest.mark.parametrize(("material", "again"), [("M18", False), ("M12", True)])  # read by safety, by quality
def test_a_station_looks_again_at_its_own_materials_only(author, filing, material, again):
    make.approved(review_of(filing, "quality"))
    give_back(filing, ("attachments", material))
    document = make.document_row("material", filing, by=author)
    document.save()
    Attachment.objects.create(filing=filing, material_id=material, document=document, added_by=author)
    resubmit(filing, author)
    assert review_of(filing, "quality").status == ("recheck" if again else "approved")


def test_small_steps_are_measured_from_what_was_approved(author, filing):
    make.approved(review_of(filing, "quality"))
    for area in ("133000.00", "137000.00"):  # 3.4 % and then 3.0 % more: 6.5 % together
        give_back(filing) if states(filing)[1] == "waiting" else give_back_again(filing)
        change(filing, construction_area_m2=Decimal(area))
        resubmit(filing, author)
    assert review_of(filing, "quality").status == "recheck"


def give_back_again(filing):
    review = review_of(filing, "safety")
    accept_review(review, by=review.assignee)
    add_item(review, section="basics", place="works_name", text="还是不符。", by=review.assignee)
    return_review(Review.objects.get(pk=review.pk), version=review.version, by=review.assignee)


def test_both_returns_wait_for_one_resubmission(author, filing):
    give_back(filing)
    give_back(filing, role="quality")
    assert states(filing) == ("returned", "returned", "returned")
    resubmit(filing, author)
    assert states(filing) == ("submitted", "recheck", "recheck")


def test_a_corrected_area_goes_to_its_own_station(author, filing):
    officer = give_back(filing, ("basics", "jurisdiction_area")).assignee
    change(filing, jurisdiction_area_id="WC", district_id="420106")
    resubmit(filing, author)
    review = review_of(filing, "safety")
    assert review.station == make.station_of("safety", "WC")
    assert review.assignee is None
    with pytest.raises(Http404):
        accept_review(review, by=officer)
    assert accept_review(review, by=make.officer("safety", area="WC")).status == "accepted"


def test_the_page_counts_down_and_leads_to_the_field(client, author, filing):
    give_back(filing, ("basics", "works_name"), ("basics", "address"))
    client.force_login(author)
    url = reverse("filing:correct", args=[filing.pk])
    page = client.get(url).content.decode()
    assert "共 2 处，还有 2 处没有答复。" in page
    assert reverse("filing:basics", args=[filing.pk]) + "#works_name" in page

    for item in open_items(filing):
        client.post(url, {"item": item.pk, "kind": "corrected", "reply": ""})
    assert "已全部答复，可以重新提交。" in client.get(url).content.decode()

    again = reverse("filing:resubmit", args=[filing.pk])
    assert "确定重新提交" in client.get(again).content.decode()
    response = client.post(again, {"resubmit": "1", "acknowledged": ticked(filing)})
    assert response["Location"] == reverse("filing:done", args=[filing.pk])
    assert states(filing)[0] == "submitted"


def test_an_answer_without_words_is_explained_at_its_field(client, author, filing):
    give_back(filing)
    client.force_login(author)
    item = open_items(filing).get()
    url = reverse("filing:correct", args=[filing.pk])
    page = client.post(url, {"item": item.pk, "kind": "explained", "reply": ""}).content.decode()
    assert "请填写说明，监督站将据此复核。" in page
    assert open_items(filing).get().replied_at is None


def test_another_filings_item_is_not_found(client, author, filing):
    give_back(filing)
    other = submit(make.ready_filing(by=author), author)
    give_back(other)
    client.force_login(author)
    item = open_items(other).get()
    url = reverse("filing:correct", args=[filing.pk])
    assert client.post(url, {"item": item.pk, "kind": "corrected"}).status_code == 404

"""审核页: what was handed in, what changed, who has it, and numbers that are shown only on request."""

import re

import pytest
from django.urls import reverse

from portal.audit.models import AuditEntry
from supervision.actions import accept_review, add_item, return_review
from supervision.models import Attachment, Filing, Review
from tests import make
from tests.supervision.acts import resubmit, review_of, submit

pytestmark = pytest.mark.django_db
WHY = {"reason": "papers"}  # each look has a reason
QUERIES = 9


@pytest.fixture
def early(author):
    """A filing with documents."""
    return submit(make.ready_filing("early_intervention", by=author), author)


def url_of(review, name="detail", *args):
    return reverse(f"review:{name}", args=[review.pk, *args])


def page(client, review, **query):
    return client.get(url_of(review), query)


def html(client, review, **query):
    return page(client, review, **query).content.decode()


def test_the_page_shows_all_sections_and_the_documents(desk, early, officer):
    filing, text = early, html(desk, review_of(early, "safety"))
    for shown in ("基本信息", "责任主体信息", "单位工程信息", "附件", filing.address, "1#楼", "材料.pdf", "施工单位"):
        assert shown in text
    assert filing.works_name in text


def test_before_it_is_taken_there_is_受理_and_nothing_else(desk, review):
    text = html(desk, review)
    assert url_of(review, "accept") in text
    assert url_of(review, "item-add") not in text
    assert url_of(review, "decide") not in text


def test_taking_it_opens_notes_and_decision(desk, review, officer):
    answer = desk.post(url_of(review, "accept") + "?return=state%3Dwaiting")
    assert answer["Location"] == url_of(review) + "?return=state%3Dwaiting"
    text = html(desk, review)
    assert url_of(review, "accept") not in text
    assert f"{url_of(review, 'item-add')}?section=basics&amp;place=address" in text
    assert f"{url_of(review, 'item-add')}?section=attachments&amp;place=M" in text or "没有上传附件" in text
    assert url_of(review, "decide") in text
    assert Review.objects.get(pk=review.pk).assignee == officer


def test_taking_what_a_colleague_has_is_refused_with_the_name(desk, review):
    accept_review(review, by=make.officer("safety"))
    answer = desk.post(url_of(review, "accept"))
    assert answer.status_code == 409
    assert "该申请已由 李** 受理" in answer.content.decode()


def test_a_colleague_reads_but_does_not_note(client, taken):
    client.force_login(make.officer("safety"))
    text = html(client, taken)
    assert "由 李审核 办理" in text
    assert url_of(taken, "item-add") not in text
    assert client.get(url_of(taken, "item-add")).status_code == 403


@pytest.mark.parametrize("who", ["other district", "quality officer", "applicant", "administrator", "operator"])
def test_nobody_else_finds_any_of_its_pages(client, taken, author, who):
    strangers = {
        "other district": lambda: make.officer("safety", area="WC"),
        "quality officer": lambda: make.officer("quality"),
        "applicant": lambda: author,
        "administrator": lambda: make.administrator_of(make.employer_of(author)),
        "operator": make.operator,
    }
    client.force_login(strangers[who]())
    item = add_item(taken, section="basics", text="请核实。", by=taken.assignee)
    for name, *args in [
        ("detail",),
        ("item-add",),
        ("item-edit", item.pk),
        ("item-drop", item.pk),
        ("decide",),
        ("assign",),
    ]:
        assert client.get(url_of(taken, name, *args)).status_code == 404, name
        if name != "detail":
            assert client.post(url_of(taken, name, *args)).status_code == 404, name
    assert client.post(url_of(taken, "accept")).status_code == 404
    assert client.post(url_of(taken, "reveal", "owner", "head_phone")).status_code == 404


def test_the_frozen_data_stays_whatever_the_applicant_edits_later(desk, taken, filing, officer):
    add_item(taken, section="basics", text="请核实。", by=officer)
    return_review(taken, version=taken.version, by=officer)
    before = filing.works_name
    Filing.objects.filter(pk=filing.pk).update(works_name="正在修改的名称", address="正在修改的地址")
    filing.parties.update(unit_name="正在修改的单位")
    filing.unit_works.update(name="正在修改的楼")
    text = html(desk, taken)
    assert "正在修改" not in text
    assert f"<h1>{before}</h1>" in text


def test_the_second_round_shows_what_changed_and_the_answers(desk, taken, filing, author, officer):
    add_item(taken, section="basics", place="address", text="地址与许可证不一致。", by=officer)
    return_review(taken, version=taken.version, by=officer)
    old = filing.address
    Filing.objects.filter(pk=filing.pk).update(address="江岸区建设大道8号")
    resubmit(filing, author)
    response = page(desk, taken)
    text = response.content.decode()
    assert [change.place for change, _anchor in response.context["changes"]] == ["address"]
    assert [row["item"].text for row in response.context["answered"]] == ["地址与许可证不一致。"]
    line = re.search(r'<div class="line is-changed" id="at-basics-address">.*?</dd>', text, re.S)[0]
    assert "江岸区建设大道8号" in line and f"原：{old}" in line and "有修改" in line
    assert "地址与许可证不一致。" in line and "已修改" in line
    assert 'id="at-basics-works_name"' in text and 'is-changed" id="at-basics-works_name' not in text


def test_the_other_station_sees_the_changes_since_it_took_the_review(client, filing, author):
    quality = make.officer("quality")
    accept_review(review_of(filing, "quality"), by=quality)
    make.returned(review_of(filing, "safety"))
    Filing.objects.filter(pk=filing.pk).update(construction_scale="住宅5栋")
    resubmit(filing, author)
    client.force_login(quality)
    response = page(client, review_of(filing, "quality"))
    assert [change.place for change, _anchor in response.context["changes"]] == ["construction_scale"]


def test_in_the_first_round_nothing_is_marked(desk, review):
    context = page(desk, review).context
    assert (context["seen"], context["changes"]) == (None, [])


def test_the_other_station_s_state_and_remarks_can_be_read(desk, review, filing):
    make.returned(review_of(filing, "quality"), text="五方授权书缺页。")
    text = html(desk, review)
    assert "质监已退回 · 1 处待修改" in text
    assert "五方授权书缺页。" in text


def test_warnings_that_the_applicant_vouched_for_are_shown(desk, author, officer):
    filing = make.ready_filing(by=author)
    filing.unit_works.update(area_above_m2=5)
    review = review_of(submit(filing, author), "safety")
    vouched = review.version.acknowledged
    assert vouched
    text = html(desk, review)
    assert "申请单位已核实" in text and vouched[0]["text"] in text


def test_a_filing_that_looks_like_the_same_project_is_named(desk, review, filing):
    twin = make.ready_filing(project_no="4201022603159999")
    submit(twin, twin.created_by)
    Filing.objects.filter(pk=filing.pk).update(project_no="4201022603159999")
    context = page(desk, review).context
    assert [row["filing"].pk for row in context["suspects"]] == [twin.pk]
    assert context["suspects"][0]["url"] == url_of(review_of(twin, "safety"))


# Numbers of people


def test_numbers_of_heads_are_masked_until_asked_for_and_each_look_is_written_down(desk, review, filing, officer):
    head = filing.parties.get(party_type="contractor")
    text = html(desk, review)
    assert head.head_id_number not in text and head.head_phone not in text
    assert f"{head.head_phone[:3]}****{head.head_phone[-4:]}" in text

    url = url_of(review, "reveal", "contractor", "head_phone")
    assert f'action="{url}"' in text
    assert desk.post(url, WHY, headers={"accept": "application/json"}).json()["value"] == head.head_phone
    assert (
        head.head_id_number in desk.post(url_of(review, "reveal", "contractor", "head_id_number"), WHY).content.decode()
    )

    looks = AuditEntry.objects.filter(event="identity.revealed").order_by("id")
    assert [(look.actor, look.details["field"]) for look in looks] == [
        (officer, "head_phone"),
        (officer, "head_id_number"),
    ]
    assert head.head_phone not in str([look.details for look in looks])


@pytest.mark.parametrize(("place", "field"), [("contractor", "uscc"), ("nobody", "head_phone"), ("contractor", "x")])
def test_only_masked_numbers_of_named_parties_are_revealed(desk, review, place, field):
    assert desk.post(url_of(review, "reveal", place, field)).status_code == 404
    assert not AuditEntry.objects.filter(event="identity.revealed").exists()


def test_looking_is_a_post(desk, review):
    assert desk.get(url_of(review, "reveal", "contractor", "head_phone")).status_code == 405


# The viewer


def test_the_viewer_goes_through_pages_and_documents(desk, early, officer):
    review = review_of(early, "safety")
    files = [row for row in review.version.data["attachments"] if "safety" in row["read_by"]]
    first, second = files[0]["document"], files[1]["document"]
    Document = type(Attachment.objects.first().document)
    Document.objects.filter(pk__in=[first, second]).update(previews=3, pages=3)

    viewer = page(desk, review).context["viewer"]
    assert (viewer.file.pk, viewer.page, viewer.previous_url) == (first, 1, "")
    assert reverse("documents:preview", args=[first, 1]) in html(desk, review)

    viewer = desk.get(viewer.next_url).context["viewer"]
    assert (viewer.file.pk, viewer.page) == (first, 2)
    viewer = desk.get(viewer.next_file).context["viewer"]
    assert (viewer.file.pk, viewer.page) == (second, 1)
    assert page(desk, review, doc=second, page="99").context["viewer"].page == 3
    assert page(desk, review, doc="x", page="x").context["viewer"].file.pk == first


def test_materials_of_the_other_role_stand_apart(desk, early, officer):
    groups = page(desk, review_of(early, "safety")).context["parts"][-1].groups
    assert "M14" in [line.place for line in groups[1].lines]
    assert "M16" in [line.place for line in groups[0].lines]


@pytest.mark.parametrize("rounds", [1, 3])
def test_the_page_asks_the_database_equally_often(desk, early, author, officer, django_assert_num_queries, rounds):
    for _ in range(rounds):
        make.returned(review_of(early, "safety"), by=officer)
        resubmit(early, author)
    review = review_of(early, "safety")
    accept_review(review, by=officer)
    add_item(review, section="basics", place="address", text="请核实。", by=officer)
    if rounds > 1:
        add_item(review, section="parties", place="owner.uscc", text="请核实。", by=officer)
    desk.get(url_of(review))
    with django_assert_num_queries(QUERIES):
        desk.get(url_of(review))

"""告知书 and 决定书, 沟通, 审核要点, 常用语, 缺附件, and numbers of safety officers (features G9, G13, G21, G24)."""

import io

import pytest
from django.db import DatabaseError, transaction
from django.http import Http404
from django.urls import reverse
from pypdfium2 import PdfDocument

from portal.audit.models import AuditEntry
from portal.errors import Refused
from portal.notifications.models import Message
from supervision.actions import (
    add_item,
    confirm_rejection,
    keep_phrase,
    mark_points,
    propose_rejection,
    return_review,
    undo_decision,
    withdraw_filing,
    write_letter,
)
from supervision.models import (
    Attachment,
    CheckMark,
    CheckPoint,
    DecisionNotice,
    DeficiencyItem,
    Filing,
    Letter,
    MaterialRule,
    Phrase,
    SafetyOfficer,
)
from supervision.notice_pdf import notice_pdf
from tests import make
from tests.supervision.acts import resubmit, review_of, submit, together

pytestmark = pytest.mark.django_db
WHY = {"reason": "papers"}  # each look has a reason


def fresh(thing):
    return type(thing).objects.get(pk=thing.pk)


def url_of(review, name="detail", *args):
    return reverse(f"review:{name}", args=[review.pk, *args])


def html(client, url, **query):
    return client.get(url, query).content.decode()


# 告知书 and 决定书


def text_in(pdf: bytes) -> str:
    document = PdfDocument(io.BytesIO(pdf))
    return "".join(page.get_textpage().get_text_bounded() for page in document).replace("\r\n", "")


def test_a_return_comes_with_a_paper_that_says_all_there_is_to_mend(client, taken, officer, filing, author):
    add_item(taken, section="basics", place="address", text="地址与许可证不符。", basis="核对许可证", by=officer)
    return_review(taken, opinion="请一次补齐。", version=1, by=officer)
    notice = DecisionNotice.objects.get()
    url = reverse("filing:notice", args=[filing.pk, notice.pk])
    for reader, page in ((author, filing.get_absolute_url()), (officer, url_of(taken))):
        client.force_login(reader)
        assert url in html(client, page)
        answer = client.get(url)
        assert answer["Content-Type"] == "application/pdf"
        text = text_in(answer.content)
        for said in ("补正告知书", filing.number, "地址与许可证不符。", "请一次补齐。", "第 1 版", str(taken.station)):
            assert said in text
    assert officer.name not in text
    client.force_login(make.site_officer())
    assert client.get(url).status_code == 404


def test_anyone_checks_a_paper_and_reads_no_reasons(client, taken, officer, filing):
    add_item(taken, section="basics", place="address", text="地址与许可证不符。", by=officer)
    return_review(taken, version=1, by=officer)
    url = reverse("receipt-verify", args=[DecisionNotice.objects.get().code])
    page = html(client, url)
    assert "补正告知书真实有效" in page and filing.number in page and "地址与许可证不符" not in page
    undo_decision(taken, reason="看错了。", by=make.officer("safety", chief=True))
    assert "已撤销该决定" in html(client, url)


def test_a_refusal_comes_with_the_reason_and_the_ways_to_object(taken, officer, filing):
    chief = make.officer("safety", chief=True)
    propose_rejection(taken, opinion="无用地手续。", version=1, by=officer)
    assert not DecisionNotice.objects.exists()
    confirm_rejection(taken, opinion="同意。", version=1, by=chief)
    notice = DecisionNotice.objects.get()
    assert (notice.facts["kind"], notice.facts["opinion"]) == ("reject", "无用地手续。\n同意。")
    assert "行政复议" in text_in(notice_pdf(notice))


def test_the_database_keeps_papers_and_letters_as_they_were(taken, officer):
    add_item(taken, section="basics", text="请核实。", by=officer)
    return_review(taken, version=1, by=officer)
    write_letter(taken, text="请看告知书。", by=officer)
    rewrites = (
        lambda: DecisionNotice.objects.update(facts={}),
        lambda: DecisionNotice.objects.all().delete(),
        lambda: Letter.objects.update(text="别的"),
        lambda: Letter.objects.all().delete(),
    )
    for rewrite in rewrites:
        with pytest.raises(DatabaseError, match="not rewritten"), transaction.atomic():
            rewrite()


# 沟通


def test_the_applicant_asks_one_station_and_it_answers(client, taken, officer, filing, author):
    client.force_login(author)
    url = reverse("filing:letters", args=[filing.pk])
    assert url in html(client, filing.get_absolute_url())
    client.post(url, {"role": "safety", "text": "请问原件何时提交？"})
    assert Message.objects.get(event="letter.asked").user == officer

    client.force_login(officer)
    assert "待答复" in html(client, url_of(taken))
    page = html(client, url_of(taken, "letters"))
    assert "请问原件何时提交？" in page
    client.post(url_of(taken, "letters"), {"text": "审核通过后提交。"})
    assert "待答复" not in html(client, url_of(taken))
    assert Message.objects.get(event="letter.answered").user == author
    assert Message.objects.get(event="letter.asked").handled_at

    client.force_login(author)
    page = html(client, url)
    assert "审核通过后提交。" in page and officer.name not in page
    client.force_login(make.officer("quality"))
    assert "原件" not in html(client, url_of(review_of(filing, "quality"), "letters"))
    assert AuditEntry.objects.filter(event="letter.written").count() == 2


def test_nobody_else_reads_or_writes_there(client, taken, filing):
    for stranger in (make.site_officer(), make.officer("quality"), make.officer("safety", area="WC"), make.operator()):
        client.force_login(stranger)
        for url in (url_of(taken, "letters"), reverse("filing:letters", args=[filing.pk])):
            assert client.get(url).status_code == 404
            assert client.post(url, {"role": "safety", "text": "x"}).status_code == 404
        with pytest.raises(Http404):
            write_letter(taken, text="x", by=stranger)


def test_what_is_over_takes_no_letters_and_nobody_floods_a_station(taken, filing, author):
    Letter.objects.bulk_create(Letter(review=taken, from_station=False, text="x", by=author) for _ in range(20))
    with pytest.raises(Refused, match="今天已发送 20 条"):
        write_letter(taken, text="还有一件事。", by=author)
    with pytest.raises(Refused, match="请填写内容"):
        write_letter(taken, text=" ", by=taken.assignee)
    withdraw_filing(filing, by=author)
    with pytest.raises(Refused, match="不能再发消息"):
        write_letter(taken, text="在吗？", by=taken.assignee)


# 审核要点


def test_an_officer_goes_through_the_points_of_his_role(client, taken, officer):
    client.force_login(officer)
    page = html(client, url_of(taken, "points"))
    assert "危大工程清单逐项注明" in page and "结构类型、层数、高度与审图合格书一致" not in page
    sent = {"version": 1, "outcome-C01": "good", "outcome-C04": "bad", "note-C04": "偏出红线"}
    client.post(url_of(taken, "points"), sent)
    assert list(CheckMark.objects.order_by("point").values_list("point", "outcome", "note", "by")) == [
        ("C01", "good", "", officer.pk),
        ("C04", "bad", "偏出红线", officer.pk),
    ]
    assert "已核对 2 项" in html(client, url_of(taken))
    page = html(client, url_of(taken, "decide"))
    assert "项审核要点未核对" in page
    item = next(one for one in html(client, url_of(taken, "points")).split('"') if "reason=R05" in one)
    assert "经纬度不在工程地址范围内" in html(client, item.replace("&amp;", "&"))


def test_marks_hold_in_the_next_round_where_nothing_changed(client, taken, officer, filing, author):
    mark_points(taken, {"C01": ("good", ""), "C07": ("good", "")}, version=1, by=officer)
    add_item(taken, section="basics", place="address", text="请核实。", by=officer)
    return_review(taken, version=1, by=officer)
    Filing.objects.filter(pk=filing.pk).update(address="江岸区建设大道8号")
    resubmit(filing, author)
    client.force_login(officer)
    groups = client.get(url_of(taken, "points")).context["groups"]
    marked = {row["point"].pk for _label, rows in groups for row in rows if row["mark"]}
    assert marked == {"C07"}


def test_points_are_marked_by_who_decides_about_the_present_version(taken, officer, client):
    colleague = make.officer("safety")
    with pytest.raises(Exception, match="不能代为"):
        mark_points(taken, {"C01": ("good", "")}, version=1, by=colleague)
    with pytest.raises(Http404):
        mark_points(taken, {"C01": ("good", "")}, version=1, by=make.officer("quality"))
    with pytest.raises(Refused, match="最新内容"):
        mark_points(taken, {"C01": ("good", "")}, version=2, by=officer)
    with pytest.raises(Refused, match="已停用"):
        mark_points(taken, {"C13": ("good", "")}, version=1, by=officer)  # the other role's
    with pytest.raises(Refused, match="请选择"):
        mark_points(taken, {"C01": ("x", "")}, version=1, by=officer)
    client.force_login(colleague)
    assert "保存核对结果" not in html(client, url_of(taken, "points"))


@pytest.mark.django_db(transaction=True)
def test_two_officers_marking_at_the_same_moment_leave_one_mark_each_point(taken, officer):
    chief = make.officer("safety", chief=True)
    outcomes = together(
        lambda: mark_points(taken, {"C01": ("good", "")}, version=1, by=officer),
        lambda: mark_points(taken, {"C01": ("bad", "")}, version=1, by=chief),
    )
    assert outcomes == ["done", "done"]
    assert CheckMark.objects.filter(review=taken).count() == 1


@pytest.mark.parametrize("marks", [1, 3])
def test_the_list_of_points_asks_equally_often(client, taken, officer, django_assert_num_queries, marks):
    mark_points(taken, {f"C0{n}": ("good", "") for n in range(1, marks + 1)}, version=1, by=officer)
    client.force_login(officer)
    html(client, url_of(taken, "points"))
    with django_assert_num_queries(8):
        html(client, url_of(taken, "points"))


def test_an_operator_edits_the_points(client, filing):
    client.force_login(make.operator())
    assert "审核要点" in html(client, reverse("admin:supervision_checkpoint_changelist"))
    CheckPoint.objects.filter(pk="C01").update(is_active=False)
    assert "C01" not in CheckPoint.objects.for_review(review_of(filing, "safety")).values_list("pk", flat=True)


# 常用语


def test_own_sentences_stand_beside_the_library(client, taken, officer):
    client.force_login(officer)
    url = url_of(taken, "item-add") + "?section=basics&place=address"
    client.post(url, {"text": "请附门牌证明。", "basis": "", "reason_code": "", "keep": "on"})
    phrase = Phrase.objects.get(officer=officer)
    page = html(client, url)
    assert "我的常用语" in page and f'value="p:{phrase.pk}"' in page and 'data-text="请附门牌证明。"' in page
    client.post(url, {"text": "", "reason_code": f"p:{phrase.pk}"})  # without script the choice becomes the text
    items = DeficiencyItem.objects.filter(review=taken).values_list("text", "reason_code")
    assert list(items) == [("请附门牌证明。", "")] * 2


def test_phrases_are_mine_alone(client, taken, officer):
    mine = keep_phrase(text="请附门牌证明。", by=officer)
    assert keep_phrase(text=" 请附门牌证明。", by=officer) == mine
    client.force_login(officer)
    client.post(reverse("review:phrases"), {"text": "请加盖公章。", "basis": ""})
    client.post(reverse("review:phrase", args=[mine.pk]), {"text": "请附门牌号证明。", "basis": "地名管理条例"})
    assert list(Phrase.objects.values_list("text", flat=True)) == ["请附门牌号证明。", "请加盖公章。"]
    same = client.post(reverse("review:phrase", args=[mine.pk]), {"text": "请加盖公章。", "basis": ""})
    assert same.status_code == 409
    client.force_login(make.officer("safety"))
    assert "门牌" not in html(client, reverse("review:phrases"))
    assert client.get(reverse("review:phrase", args=[mine.pk])).status_code == 404
    assert client.post(reverse("review:phrase-drop", args=[mine.pk])).status_code == 404
    client.force_login(officer)
    client.post(reverse("review:phrase-drop", args=[mine.pk]))
    assert Phrase.objects.count() == 1
    client.force_login(make.site_officer())
    assert client.get(reverse("review:phrases")).status_code == 404


# Numbers of safety officers


def test_numbers_of_safety_officers_are_masked_until_asked_for_and_each_look_is_written_down(client, author, officer):
    filing = make.ready_filing(by=author)
    guard = SafetyOfficer.objects.filter(filing=filing).first()
    number = guard.id_number
    review = review_of(submit(filing, author), "safety")
    client.force_login(officer)
    page = html(client, url_of(review))
    url = url_of(review, "reveal-officer", 1)
    assert number not in page and guard.name in page and url in page
    assert client.post(url, WHY, headers={"accept": "application/json"}).json()["value"] == number
    assert number in client.post(url, WHY).content.decode()
    looks = AuditEntry.objects.filter(event="identity.revealed")
    assert [(look.actor, look.details["place"]) for look in looks] == [(officer, "officers.1")] * 2
    assert number not in str([look.details for look in looks]) and looks[0].details["reason"]
    assert client.post(url_of(review, "reveal-officer", 99)).status_code == 404
    assert client.get(url).status_code == 405
    for stranger in (make.officer("quality"), author):
        client.force_login(stranger)
        assert client.post(url).status_code == 404


# 缺附件


@pytest.fixture
def early(author):
    return make.ready_filing("early_intervention", by=author)


def listed(client, **query):
    page = client.get("/filing/early/", {"papers": "missing"} | query)
    return list(page.context["page"].rows)


def test_缺附件_finds_what_lacks_a_file_that_is_asked_for(client, early, author):
    client.force_login(author)
    assert listed(client) == []
    Attachment.objects.filter(filing=early, material="M09").delete()
    assert listed(client) == [early]
    MaterialRule.objects.filter(material="M09", module="early_intervention").update(need="optional")
    assert listed(client) == []


def test_stations_find_what_was_handed_in_without_a_file(desk, review, filing):
    """提前服务 requires nothing; what it recommends is looked for (guide §四.5)."""
    rows = desk.get("/review/", {"papers": "missing"}).context["rows"]
    assert [row.review for row in rows] == [review]
    MaterialRule.objects.update(need="optional")
    assert desk.get("/review/", {"papers": "missing"}).context["rows"] == []

"""批注 and 审核决定: noted where it belongs, sent at once, decided once."""

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import StationPost
from portal.audit.models import AuditEntry
from portal.notifications.models import Message
from supervision.actions import accept_review, add_item, approve_review, return_review
from supervision.models import DeficiencyItem, Filing, Review, ReviewDecision
from tests import make
from tests.supervision.acts import resubmit, review_of, states, submit

pytestmark = pytest.mark.django_db


def url_of(review, name="detail", *args):
    return reverse(f"review:{name}", args=[review.pk, *args])


def note(client, review, section="basics", place="address", **given):
    url = f"{url_of(review, 'item-add')}?section={section}&place={place}&return=state%3Dreviewing"
    return client.post(url, {"reason_code": "", "text": "与许可证不一致。", "basis": ""} | given)


def decide(client, review, move="approve", version=1, **given):
    return client.post(url_of(review, "decide"), {"move": move, "opinion": "", "version": version} | given)


# 批注


def test_a_note_is_kept_with_place_and_value_and_leads_back_to_the_field(desk, taken, filing):
    answer = note(desk, taken)
    item = DeficiencyItem.objects.get()
    assert (item.section, item.place, item.old_value, item.sent_at) == ("basics", "address", filing.address, None)
    assert answer["Location"] == f"{url_of(taken)}?return=state%3Dreviewing#at-basics-address"
    assert "与许可证不一致。" in desk.get(url_of(taken)).content.decode()


def test_the_library_offers_what_belongs_to_the_section(desk, taken):
    codes = lambda section, place: [  # noqa: E731
        code
        for code, _label in desk.get(url_of(taken, "item-add"), {"section": section, "place": place})
        .context["form"]
        .fields["reason_code"]
        .choices
        if code
    ]
    assert codes("basics", "address") == [*(f"R{n:02d}" for n in range(1, 10)), "R26", "R27"]
    assert codes("parties", "contractor.head_name") == [*(f"R{n}" for n in range(10, 16)), "R26", "R27"]
    assert codes("", "") == ["R26", "R27"]


def test_a_reason_without_own_words_brings_its_sentence_and_basis(desk, taken):
    note(desk, taken, "parties", "owner", reason_code="R15", text="")
    assert DeficiencyItem.objects.get().text == "单位统一社会信用代码与单位名称不符。"


def test_what_the_sentence_leaves_blank_has_to_be_filled_in(desk, taken):
    page = note(desk, taken, "parties", "contractor", reason_code="R14", text="")
    assert not DeficiencyItem.objects.exists()
    assert "请把“【 】”替换为具体内容。" in page.content.decode()
    assert page.context["form"]["text"].value() == "专职安全生产管理人员数量不足，应不少于【 】人。"
    assert page.context["form"]["basis"].value() == "建质〔2008〕91号第十三条、第十四条"


def test_a_note_at_a_material_names_it(desk, taken):
    note(desk, taken, "attachments", "M09", reason_code="R20", text="")
    item = DeficiencyItem.objects.get()
    assert item.material_id == "M09"
    assert item.text == "“施工合同（关键页）”扫描件不清晰、缺页，请重新上传彩色扫描件。"


def test_own_words_win_over_the_library(desk, taken):
    note(desk, taken, reason_code="R03", text="请写到门牌号。")
    item = DeficiencyItem.objects.get()
    assert (item.reason_code, item.text) == ("R03", "请写到门牌号。")


def test_a_note_without_a_word_is_an_error_at_the_field(desk, taken):
    page = note(desk, taken, text=" ").content.decode()
    assert "请填写退回原因" in page and not DeficiencyItem.objects.exists()


def test_a_note_about_the_filing_as_a_whole(desk, taken):
    answer = note(desk, taken, "", "", text="需现场踏勘。")
    assert DeficiencyItem.objects.get().section == ""
    assert answer["Location"].endswith("#drafts")
    assert "综合" in desk.get(url_of(taken)).content.decode()


@pytest.mark.parametrize(
    ("section", "place"),
    [("basics", "status"), ("parties", "thief.uscc"), ("attachments", "M77"), ("x", ""), ("", "address")],
)
def test_a_place_that_no_tab_has_is_not_found(desk, taken, section, place):
    assert note(desk, taken, section, place).status_code == 404


def test_before_it_is_taken_nothing_is_noted(desk, review):
    assert note(desk, review).status_code == 409
    assert not DeficiencyItem.objects.exists()


def test_a_draft_is_reworded_and_removed(desk, taken, officer):
    item = add_item(taken, section="basics", place="address", text="请核实。", by=officer)
    assert "请核实。" in desk.get(url_of(taken, "item-edit", item.pk)).content.decode()
    desk.post(url_of(taken, "item-edit", item.pk), {"reason_code": "", "text": "请核实门牌号。", "basis": ""})
    assert DeficiencyItem.objects.get().text == "请核实门牌号。"
    assert "请核实门牌号。" in desk.get(url_of(taken, "item-drop", item.pk)).content.decode()
    assert DeficiencyItem.objects.exists()
    desk.post(url_of(taken, "item-drop", item.pk))
    assert not DeficiencyItem.objects.exists()


def test_an_item_of_another_review_is_not_found_here(desk, taken, filing):
    quality = make.officer("quality")
    other = accept_review(review_of(filing, "quality"), by=quality)
    item = add_item(other, section="basics", text="请核实。", by=quality)
    for name in ("item-edit", "item-drop"):
        assert desk.post(url_of(taken, name, item.pk), {"text": "x"}).status_code == 404
    assert DeficiencyItem.objects.get().text == "请核实。"


def test_a_double_click_notes_once(desk, taken):
    page = desk.get(url_of(taken, "item-add"), {"section": "basics", "place": "address"}).content.decode()
    token = page.split('name="once" value="')[1].split('"')[0]
    first, second = (note(desk, taken, once=token) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert DeficiencyItem.objects.count() == 1


# 审核决定


def test_the_page_lists_the_items_and_says_who_is_told_how(desk, taken, author, officer):
    add_item(taken, section="basics", place="address", text="地址与许可证不一致。", by=officer)
    text = desk.get(url_of(taken, "decide"), {"move": "return"}).content.decode()
    assert "地址与许可证不一致。" in text and "工程地址" in text
    assert f"将短信通知：吴*（{author.phone[:3]}****{author.phone[-4:]}）" in text
    assert author.phone not in text
    assert 'value="return" id="id_move_1" checked' in text.replace(' aria-describedby="id_move_helptext"', "")
    assert "不予通过（须站长确认）" in text and "暂不能提出" in text  # this station has no chief yet


def test_approving(desk, taken, filing):
    answer = decide(desk, taken, opinion="资料齐全，同意。")
    assert answer["Location"] == url_of(taken)
    taken.refresh_from_db()
    assert (taken.status, taken.opinion) == ("approved", "资料齐全，同意。")
    assert taken.supervision_no in desk.get(url_of(taken)).content.decode()


def test_returning_sends_all_items(desk, taken, filing, author, officer):
    for place in ("address", "works_name"):
        add_item(taken, section="basics", place=place, text="请核实。", by=officer)
    decide(desk, taken, "return", opinion="请补正。")
    assert states(filing) == ("returned", "returned", "waiting")
    assert DeficiencyItem.objects.filter(sent_at=None).count() == 0
    assert Message.objects.get(event="review.returned").user == author


def test_a_return_without_an_item_stays_on_the_page_with_the_opinion(desk, taken, filing):
    page = decide(desk, taken, "return", opinion="写了很久的意见")
    assert page.status_code == 200
    assert "请先添加至少一条补正意见" in page.content.decode()
    assert "写了很久的意见" in page.content.decode()
    assert states(filing)[1] == "accepted"


def test_an_approval_over_unsent_items_stays_on_the_page(desk, taken, filing, officer):
    add_item(taken, section="basics", text="请核实。", by=officer)
    assert "还有未发出的补正意见" in decide(desk, taken).content.decode()
    assert states(filing)[1] == "accepted"


def test_nothing_chosen_is_an_error(desk, taken):
    assert "请选择审核结论" in decide(desk, taken, move="").content.decode()


@pytest.mark.parametrize("move", ["approve", "return"])
def test_the_second_decision_learns_who_was_first_and_when(client, desk, taken, officer, move):
    chief = make.officer("safety", chief=True)
    approve_review(taken, version=taken.version, by=officer)
    at = timezone.localtime(Review.objects.get(pk=taken.pk).decided_at)
    client.force_login(chief)
    answer = decide(client, taken, move)
    assert answer.status_code == 409
    assert f"该申请已由 李** 于 {at:%H:%M} 处理" in answer.content.decode()
    assert ReviewDecision.objects.filter(review=taken, move="approve").count() == 1
    assert AuditEntry.objects.filter(event="review.approved").count() == 1


def test_a_double_click_decides_once_and_ends_on_the_same_page(desk, taken):
    token = desk.get(url_of(taken, "decide")).content.decode().split('name="once" value="')[1].split('"')[0]
    first, second = (decide(desk, taken, once=token) for _ in range(2))
    assert (first.status_code, second.status_code, second["Location"]) == (302, 302, first["Location"])
    assert ReviewDecision.objects.filter(review=taken, move="approve").count() == 1


def test_a_decision_about_an_older_version_gets_a_page_with_what_changed(client, filing, author):
    quality = make.officer("quality")
    review = accept_review(review_of(filing, "quality"), by=quality)
    client.force_login(quality)
    assert 'name="version" value="1"' in client.get(url_of(review, "decide")).content.decode()
    make.returned(review_of(filing, "safety"))
    Filing.objects.filter(pk=filing.pk).update(construction_scale="住宅5栋")
    resubmit(filing, author)
    answer = decide(client, review, version=1)
    assert answer.status_code == 409
    text = answer.content.decode()
    assert "申请人已重新提交，您看到的不是最新内容" in text and "住宅5栋" in text
    assert review_of(filing, "quality").status == "accepted"
    assert decide(client, review, version=2).status_code == 302


def test_a_colleague_may_not_decide_the_chief_may(client, taken, filing):
    client.force_login(make.officer("safety"))
    assert client.get(url_of(taken, "decide")).status_code == 403
    assert decide(client, taken).status_code == 403
    client.force_login(make.officer("safety", chief=True))
    assert decide(client, taken).status_code == 302
    assert states(filing)[1] == "approved"


def test_before_it_is_taken_and_after_it_is_decided_the_page_leads_back(desk, review, officer):
    assert desk.get(url_of(review, "decide"))["Location"] == url_of(review)
    make.approved(review, by=officer)
    assert desk.get(url_of(review, "decide"))["Location"] == url_of(review)


def test_the_last_approval_says_beforehand_that_it_completes_the_filing(desk, taken, filing):
    assert "您通过后即“报监完毕”" not in desk.get(url_of(taken, "decide")).content.decode()
    make.approved(review_of(filing, "quality"))
    assert "您通过后即“报监完毕”" in desk.get(url_of(taken, "decide")).content.decode()
    decide(desk, taken)
    assert states(filing)[0] == "filed"


def test_return_correct_and_approve_from_end_to_end(desk, review, filing, author):
    desk.post(url_of(review, "accept"))
    note(desk, review)
    decide(desk, review, "return", opinion="请补正。")
    resubmit(filing, author)
    assert "第 2 轮" in desk.get("/review/").content.decode()
    desk.post(url_of(review, "accept"))
    decide(desk, review, version=2)
    assert states(filing) == ("under_review", "approved", "waiting")


# 转办


def test_the_chief_hands_a_review_over(client, taken, officer):
    other = make.officer("safety")
    client.force_login(make.officer("safety", chief=True))
    assert url_of(taken, "assign") in client.get(url_of(taken)).content.decode()
    client.post(url_of(taken, "assign"), {"officer": other.pk})
    taken.refresh_from_db()
    assert taken.assignee == other
    assert Message.objects.get(event="review.assigned").user == other
    assert AuditEntry.objects.get(event="review.assigned").details["now"] == str(other.pk)
    assert "安监转办" in client.get(url_of(taken)).content.decode()
    client.force_login(other)
    assert decide(client, taken).status_code == 302


def test_an_officer_hands_nothing_over(desk, taken):
    other = make.officer("safety")
    assert url_of(taken, "assign") not in desk.get(url_of(taken)).content.decode()
    assert desk.post(url_of(taken, "assign"), {"officer": other.pk}).status_code == 403


def test_nobody_from_elsewhere_or_who_left_can_be_given_it(client, taken, officer):
    elsewhere, left = make.officer("safety", area="WC"), make.officer("safety")
    StationPost.objects.filter(user=left).update(ended_at=timezone.now())
    client.force_login(make.officer("safety", chief=True))
    for person in (elsewhere, left, make.officer("quality")):
        assert client.post(url_of(taken, "assign"), {"officer": person.pk}).status_code == 200
    taken.refresh_from_db()
    assert taken.assignee == officer


def test_what_was_decided_is_not_handed_over(client, taken, officer):
    add_item(taken, section="basics", text="请核实。", by=officer)
    return_review(taken, version=taken.version, by=officer)
    other = make.officer("safety")
    client.force_login(make.officer("safety", chief=True))
    assert client.post(url_of(taken, "assign"), {"officer": other.pk}).status_code == 409


def test_a_withdrawn_filing_can_still_be_read(desk, taken, filing, author):
    from_author = filing.created_by
    assert from_author == author
    Review.objects.filter(pk=taken.pk).update(status="cancelled", clock_started_at=None)
    text = desk.get(url_of(taken)).content.decode()
    assert "安监已终止" in text and url_of(taken, "decide") not in text


def test_the_submitted_filing_is_not_touched_by_reading(desk, author):
    filing = submit(make.ready_filing(by=author), author)
    before = Filing.objects.values().get(pk=filing.pk)
    desk.get(url_of(review_of(filing, "safety")))
    assert Filing.objects.values().get(pk=filing.pk) == before

"""Is the word of the dialog true? 存在 and 不存在, tested in the words of the edge cases (domain §5.4, §5.7 1, 5, 6, 7)."""

import pytest
from django.http import Http404

from portal.audit.models import AuditEntry
from portal.errors import Refused
from portal.notifications.models import Message
from supervision.actions import await_prior, remove_attachment, supplement_filing, take_over, withdraw_filing
from supervision.catalogue import Module
from supervision.frozen import attachments_in_force
from supervision.gaps import gaps_in
from supervision.models import Attachment, Filing, Review
from supervision.permissions import may_read
from supervision.scope import scope_of
from tests import make
from tests.supervision.acts import review_of, states, submit, ticked, together

pytestmark = pytest.mark.django_db
NUMBER = "4201022603150001"


@pytest.fixture
def author():
    return make.site_officer()


def rejected(filing):
    """As the chief's confirmation leaves it."""
    review = review_of(filing, "safety")
    officer = make.officer("safety", at=review.station)
    Review.objects.filter(pk=review.pk).update(
        status="rejected", decided_by=officer, decided_at=filing.submitted_at, clock_started_at=None
    )
    Filing.objects.filter(pk=filing.pk).update(status="rejected", live_key=None)
    return Filing.objects.get(pk=filing.pk)


def returned(filing):
    make.returned(review_of(filing, "safety"))
    return Filing.objects.get(pk=filing.pk)


def dialog(filing, **answers):
    return {"prior_exists": "no", "targets": ["safety", "quality"], "acknowledged": ticked(filing)} | answers


# 1: same project filed in two modules


@pytest.mark.parametrize(("first", "second"), [(Module.ADVANCE, Module.EARLY), (Module.EARLY, Module.JOINT)])
def test_the_same_project_filed_in_two_modules_is_blocked_with_the_page_of_the_first(client, author, first, second):
    """§5.7 1."""
    earlier = submit(make.ready_filing(first, by=author, project_no=NUMBER), author)
    filing = make.ready_filing(second, by=author, project_no=NUMBER)
    client.force_login(author)
    answer = client.post(f"/filing/{filing.pk}/submit/", dialog(filing, reason="另一项目"))
    page = answer.content.decode()
    assert answer.status_code == 409
    assert f"该项目已于 {earlier.get_module_display()} 报监（编号{earlier.number}）" in page
    assert "项目在任意模块报监就行，无需在多个模块重复报监" in page
    assert f'href="{earlier.get_absolute_url()}"' in page and client.get(earlier.get_absolute_url()).status_code == 200
    filing.refresh_from_db()
    assert filing.status in ("draft", "pulled") and not filing.reviews.exists()


# 5: user answers 不存在 wrongly


def alike(author, owner, name="临江商务中心A座"):
    filing = make.ready_filing(Module.ADVANCE, by=author, project_name=name, works_name=name)
    filing.parties.filter(party_type="owner").update(uscc=owner.uscc)
    return filing


def test_a_wrong_no_is_refused_with_the_candidates_and_an_override_leaves_its_reason_in_the_trail(client, author):
    """§5.7 5: server refuses with candidate list; override reason audited."""
    owner = make.enterprise()
    first = submit(alike(author, owner), author)
    second = alike(author, owner, "临江商务中心A座（二次）")
    with pytest.raises(Refused) as refusal:
        submit(second, author)
    assert first.number in " ".join(map(str, refusal.value.reasons))
    assert not AuditEntry.objects.filter(event="filing.candidate_overruled").exists()

    client.force_login(author)
    url = f"/filing/{second.pk}/submit/"
    page = client.post(url, dialog(second)).content.decode()
    assert "发现疑似同一项目的报监。如确非同一项目，请填写理由" in page and first.number in page
    client.post(url, dialog(second, reason="二期工程，联系人 13912345678"))

    entry = AuditEntry.objects.get(event="filing.candidate_overruled")
    assert (entry.actor, entry.details["candidates"]) == (author, [first.number])
    assert entry.details["reason"].startswith("二期工程") and "13912345678" not in entry.details["reason"]


def test_candidates_are_ranked_same_project_then_permit_then_owner_and_name(client, author):
    """§5.4: candidates ranked: same project_no, same permit, same owner with similar name, near."""
    owner = make.enterprise()
    near = submit(alike(author, owner, "临江商务中心A座二期"), author)
    nearer = submit(alike(author, owner, "临江商务中心A座"), author, reason="二期")
    filing = make.ready_filing(Module.EARLY, by=author, project_name="临江商务中心A座", works_name="临江商务中心A座")
    filing.parties.filter(party_type="owner").update(uscc=owner.uscc)
    same = submit(make.ready_filing(Module.ADVANCE, by=author, project=filing.project, address="别处"), author)
    client.force_login(author)
    page = client.get(f"/filing/{filing.pk}/submit/").content.decode()
    offered = page[page.index('<select name="prior"') :]
    assert offered.index(same.number) < offered.index(nearer.number) < offered.index(near.number)


# 6: 存在 -> picks another company's filing


def test_yes_that_picks_another_companys_filing_is_refused_unless_owner_or_number_agree(client, author):
    """§5.7 6."""
    prior = make.filed_filing(Module.ADVANCE)
    filing = make.ready_filing(Module.EARLY, by=author)
    with pytest.raises(Refused, match="所选报监不属于本项目"):
        submit(filing, author, prior_exists=True, prior=prior)
    with pytest.raises(Refused, match="所选报监不属于本项目"):
        take_over(filing, prior=prior, by=author)
    client.force_login(author)
    answer = client.post(f"/filing/{filing.pk}/submit/", dialog(filing, prior_exists="yes", prior=str(prior.pk)))
    assert answer.status_code == 200 and prior.number not in answer.content.decode()
    filing.refresh_from_db()
    assert filing.status == "draft" and filing.prior is None

    filing.parties.filter(party_type="owner").update(uscc=prior.parties.get(party_type="owner").uscc)
    submit(filing, author, prior_exists=True, prior=prior)
    assert states(filing)[0] == "submitted"


# 7: only 安监 chosen


def test_only_safety_chosen_wears_a_partial_badge_and_is_supplemented_without_entering_data_again(client, author):
    """§5.7 7."""
    filing = submit(make.ready_filing(by=author), author, targets=["safety"])
    make.approved(review_of(filing, "safety"))
    client.force_login(author)
    assert "质监未报" in client.get("/filing/advance/").content.decode()
    page = client.get(filing.get_absolute_url()).content.decode()
    assert "质监未报" in page and "审核通过 · 待补报质监" in page
    was = filing.versions.get().digest

    url = f"/filing/{filing.pk}/supplement/"
    assert url in page and "不需要重新填写" in client.get(url).content.decode()
    client.post(url)

    assert states(filing) == ("under_review", "approved", "waiting")
    assert filing.versions.get().digest == was and review_of(filing, "quality").version == filing.versions.get()
    assert "质监未报" not in client.get(filing.get_absolute_url()).content.decode()
    make.approved(review_of(filing, "quality"))
    assert states(filing) == ("filed", "approved", "approved")


def test_two_clicks_on_supplement_ask_the_other_station_once(author):
    filing = submit(make.ready_filing(by=author), author, targets=["quality"])
    make.approved(review_of(filing, "quality"))
    supplement_filing(filing, by=author)
    with pytest.raises(Refused):
        supplement_filing(filing, by=author)
    assert Review.objects.filter(filing=filing, role="safety").count() == 1


# 存在 while the early filing is under review: the later one waits


@pytest.mark.parametrize(("earlier", "later"), [(Module.EARLY, Module.JOINT), (Module.ADVANCE, Module.EARLY)])
def test_a_conversion_waits_as_a_draft_while_the_early_filing_is_under_review(client, author, earlier, later):
    """§5.4: waits in draft with note; its people are told when the early filing is decided."""
    prior = submit(make.ready_filing(earlier, by=author, project_no=NUMBER), author)
    filing = make.ready_filing(later, by=author, project_no=NUMBER)
    client.force_login(author)
    url = f"/filing/{filing.pk}/submit/"
    page = client.post(url, dialog(filing, prior_exists="yes", prior=str(prior.pk)), follow=True).content.decode()
    assert "原报监办结后会通知您" in page and f"原报监：{prior.get_module_display()} {prior.number}" in page
    filing.refresh_from_db()
    assert (filing.status in ("draft", "pulled"), filing.prior, filing.round) == (True, prior, 0)

    make.approved(review_of(prior, "safety"))
    assert not Message.objects.filter(event="filing.prior_decided").exists()
    make.approved(review_of(prior, "quality"))
    message = Message.objects.get(event="filing.prior_decided")
    assert (message.user, message.link) == (author, url)

    prior.refresh_from_db()
    submit(filing, author, prior_exists=True, prior=prior)
    filing.refresh_from_db()
    assert (filing.converts, filing.prior) == (prior, None)


def test_who_waits_is_told_that_the_early_filing_was_taken_back_and_what_to_answer_now(author):
    prior = submit(make.ready_filing(Module.EARLY, by=author, project_no=NUMBER), author)
    filing = make.ready_filing(Module.JOINT, by=author, project_no=NUMBER, created_by=author)
    await_prior(filing, prior=prior, by=author)
    withdraw_filing(prior, by=author)
    message = Message.objects.get(event="filing.prior_decided")
    assert message.user == author and "已撤回" in message.body and "选择“不存在”" in message.body


def test_a_return_is_a_decision_for_those_who_wait(author):
    prior = submit(make.ready_filing(Module.EARLY, by=author, project_no=NUMBER), author)
    filing = make.ready_filing(Module.JOINT, by=author, project_no=NUMBER, created_by=author)
    await_prior(filing, prior=prior, by=author)
    make.returned(review_of(prior, "safety"))
    assert Message.objects.get(event="filing.prior_decided").user == author


def test_there_is_nothing_to_wait_for_once_it_is_decided(author):
    prior = make.filed_filing(Module.EARLY, by=author, project_no=NUMBER)
    with pytest.raises(Refused, match="不需要等待"):
        await_prior(make.ready_filing(Module.JOINT, by=author, project_no=NUMBER), prior=prior, by=author)


def test_a_stranger_cannot_let_a_filing_wait_or_fill_it(client, author):
    prior = submit(make.ready_filing(Module.EARLY, by=author, project_no=NUMBER), author)
    filing = make.ready_filing(Module.JOINT, by=author, project_no=NUMBER)
    stranger = make.site_officer()
    for act in (await_prior, take_over):
        with pytest.raises(Http404):
            act(filing, prior=prior, by=stranger)
    client.force_login(stranger)
    assert client.get(f"/filing/{filing.pk}/take-over/").status_code == 404


# 存在 where the early filing was returned or refused: as 不存在, with the link


@pytest.mark.parametrize("end", [returned, rejected])
@pytest.mark.parametrize("targets", [[], ["safety", "quality"], ["quality"]])
def test_a_returned_or_refused_early_filing_is_treated_as_none_with_the_link_kept(client, author, end, targets):
    """§5.4: if early was returned/rejected -> treat as 不存在 but keep link."""
    prior = end(submit(make.ready_filing(Module.EARLY, by=author, project_no=NUMBER), author))
    filing = make.ready_filing(Module.JOINT, by=author, project_no=NUMBER)
    submit(filing, author, prior_exists=True, prior=prior, targets=targets)
    filing.refresh_from_db()
    asked = targets or ["safety", "quality"]
    assert (filing.converts, filing.prior, filing.targets) == (None, prior, asked)
    assert {review.status for review in filing.reviews.all()} == {"waiting"}
    assert filing.project_id == prior.project_id and filing.live_key == str(filing.project_id)
    client.force_login(author)
    page = client.get(filing.get_absolute_url()).content.decode()
    assert prior.get_absolute_url() in page and prior.number in page


def test_a_returned_early_filing_ends_when_it_is_filed_anew_elsewhere(author):
    """decisions 10: one live filing; the one that was sent back is not corrected any more, and its reviews end."""
    prior = returned(submit(make.ready_filing(Module.EARLY, by=author, project_no=NUMBER), author))
    submit(make.ready_filing(Module.JOINT, by=author, project_no=NUMBER), author, prior_exists=True, prior=prior)
    assert states(prior) == ("superseded", "cancelled", "cancelled")
    assert not Review.objects.filter(filing=prior, clock_started_at__isnull=False).exists()
    assert Filing.objects.live().count() == 1


def test_a_refused_filing_is_offered_by_the_dialog(client, author):
    prior = rejected(submit(make.ready_filing(Module.EARLY, by=author, project_no=NUMBER), author))
    filing = make.ready_filing(Module.JOINT, by=author, project=prior.project)
    client.force_login(author)
    assert f"{prior.number}" in client.get(f"/filing/{filing.pk}/submit/").content.decode()


# 存在 -> conversion


def filed(author, module=Module.EARLY, **fields):
    return make.filed_filing(module, by=author, project_no=NUMBER, **fields)


def blank(author, module, prior):
    """A later filing as a permit leaves it: the parties' names, no papers, no unit works."""
    contractor = prior.parties.get(party_type="contractor")
    filing = make.draft_filing(module, by=author, project_no=NUMBER, works_name=prior.works_name)
    make.add_party(filing, "contractor", contractor.enterprise)
    bare = {"head_id_number": None, "head_id_index": None, "head_phone": None, "certificate_no": "", "head_name": ""}
    party = filing.parties.get()
    for name, value in bare.items():
        setattr(party, name, value)
    party.save()
    return filing


@pytest.mark.parametrize(("earlier", "later"), [(Module.EARLY, Module.JOINT), (Module.ADVANCE, Module.EARLY)])
def test_a_conversion_needs_nothing_typed_again_and_keeps_what_was_approved(author, earlier, later):
    """§5.4: inherit what did not materially change; numbers inherited; 提前服务 -> 先行介入 by the same mechanism."""
    prior = filed(author, earlier)
    if earlier == Module.ADVANCE:
        Attachment.objects.bulk_create(
            Attachment(filing=prior, material_id=code, document=one, added_by=author)
            for code, one in papers(prior, later, author)
        )
        prior.versions.get()  # papers that came later are no part of what was approved
    filing = blank(author, later, prior)
    if later == Module.JOINT:
        Filing.objects.filter(pk=filing.pk).update(permit_no="420102202603150001")
    take_over(filing, prior=prior, by=author)
    filing.refresh_from_db()
    missing = {gap.place for gap in gaps_in(filing)}
    assert missing <= {"M25"}  # asked by 联合报监 alone
    for name in ("contract_amount_wan", "longitude", "address", "construction_scale", "jurisdiction_area_id"):
        assert getattr(filing, name) == getattr(prior, name)
    heads = [
        [
            (one.party_type, one.head_name, one.head_id_number, one.head_phone)
            for one in each.parties.order_by("party_type")
        ]
        for each in (prior, filing)
    ]
    assert heads[0] == heads[1]
    assert [work.name for work in filing.unit_works.all()] == ["1#楼"]


def papers(prior, module, author):
    rows = [(code, make.document_row("material", prior, by=author)) for code in required(module)]
    for _code, row in rows:
        row.save()
    return rows


def required(module):
    return list(
        Attachment._meta.get_field("material")
        .related_model.objects.filter(rules__module=module, rules__need="required", is_active=True)
        .values_list("pk", flat=True)
    )


def taken_over(author, **fields):
    """联合报监 filled from a filed 先行介入, complete, with a permit number."""
    prior = filed(author)
    filing = blank(author, Module.JOINT, prior)
    Filing.objects.filter(pk=filing.pk).update(permit_no="420102202603150001")
    take_over(filing, prior=prior, by=author)
    held = set(attachments_in_force(filing).values_list("material", flat=True))
    for code in set(required(Module.JOINT)) - held:
        row = make.document_row("material", filing, by=author)
        row.save()
        Attachment.objects.create(filing=filing, material_id=code, document=row, added_by=author)
    Filing.objects.filter(pk=filing.pk).update(**fields)
    return prior, Filing.objects.get(pk=filing.pk)


def test_what_did_not_change_is_kept_and_the_scope_is_the_difference(client, author):
    """§5.4: scope = diff between early filing and permit data. 工伤保险 (M25) is new and read by 安监 alone."""
    prior, filing = taken_over(author)
    submit(filing, author, prior_exists=True, prior=prior)
    assert states(filing) == ("under_review", "waiting", "kept")
    scope = scope_of(review_of(filing, "safety"))
    assert (scope.prior, scope.is_full, [change.place for change in scope.changes]) == (prior, False, ["M25"])
    officer = make.officer("safety")
    client.force_login(officer)
    page = client.get(f"/review/{review_of(filing, 'safety').pk}/").content.decode()
    assert f"由先行介入 {prior.number} 转入" in page and "1 处不同" in page and "工伤保险参保证明" in page

    numbers = [review_of(prior, role).supervision_no for role in ("safety", "quality")]
    make.approved(review_of(filing, "safety"), by=officer)
    assert states(filing) == ("filed", "approved", "kept")
    assert [review_of(filing, role).supervision_no for role in ("safety", "quality")] == numbers
    prior.refresh_from_db()
    assert prior.status == "superseded"


def test_a_station_that_was_never_asked_reviews_everything(author):
    """§5.4: stations never asked earlier -> full review."""
    early = submit(make.ready_filing(Module.EARLY, by=author, project_no=NUMBER), author, targets=["safety"])
    make.approved(review_of(early, "safety"))
    prior = Filing.objects.get(pk=early.pk)
    filing = make.ready_filing(Module.JOINT, by=author, project_no=NUMBER)
    submit(filing, author, prior_exists=True, prior=prior)
    assert scope_of(review_of(filing, "quality")).is_full
    assert not scope_of(review_of(filing, "safety")).is_full
    assert scope_of(review_of(prior, "safety")) is None


def test_what_was_written_or_came_with_the_permit_is_never_overwritten(author):
    prior = filed(author)
    filing = make.ready_filing(
        Module.JOINT, by=author, project_no=NUMBER, address="许可证上的地址", contract_amount_wan=1
    )
    was = [(party.unit_name, party.head_name, party.head_id_number) for party in filing.parties.all()]
    files = set(attachments_in_force(filing).values_list("document", flat=True))
    take_over(filing, prior=prior, by=author)
    filing.refresh_from_db()
    assert (filing.address, filing.contract_amount_wan) == ("许可证上的地址", 1)
    assert [(party.unit_name, party.head_name, party.head_id_number) for party in filing.parties.all()] == was
    assert files <= set(attachments_in_force(filing).values_list("document", flat=True))
    assert filing.unit_works.count() == 1


def test_taking_over_twice_fills_nothing_twice(author):
    prior = filed(author)
    filing = blank(author, Module.JOINT, prior)
    assert take_over(filing, prior=prior, by=author) == ["基本信息", "责任主体信息", "单位工程信息", "附件"]
    assert take_over(filing, prior=prior, by=author) == []
    assert filing.unit_works.count() == 1 and filing.parties.count() == 3


def test_a_file_removed_from_the_later_filing_stays_with_the_early_one(author):
    prior, filing = taken_over(author)
    attachment = attachments_in_force(filing).exclude(material="M25").first()
    assert may_read(author, attachment.document, None)
    remove_attachment(filing, document=attachment.document_id, by=author)
    attachment.document.refresh_from_db()
    assert attachment.document.state == "ready"


def test_the_way_from_a_draft_with_gaps_to_the_filled_hub(client, author):
    prior = filed(author)
    filing = blank(author, Module.JOINT, prior)
    client.force_login(author)
    way = f"/filing/{filing.pk}/take-over/"
    assert way in client.get(f"/filing/{filing.pk}/edit/").content.decode()
    assert way in client.get(f"/filing/{filing.pk}/submit/").content.decode()
    assert prior.number in client.get(way).content.decode()
    page = client.post(way, {"prior": str(prior.pk)}, follow=True).content.decode()
    assert "已带入：基本信息、责任主体信息、单位工程信息、附件。请核对后报监。" in page


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(3))
def test_correcting_the_early_filing_and_filing_anew_at_once_leave_one_live(attempt):
    author = make.site_officer()
    prior = returned(submit(make.ready_filing(Module.EARLY, by=author, project_no=NUMBER), author))
    later = [make.ready_filing(module, by=author, project_no=NUMBER) for module in (Module.JOINT, Module.JOINT)]
    acts = [lambda one=one: submit(one, author, prior_exists=True, prior=prior) for one in later]
    assert sorted(together(*acts)) == ["Refused", "done"]
    assert Filing.objects.live().count() == 1

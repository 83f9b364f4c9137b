"""The rules about parties and their people: what each finds, how grave it is, where it is written (domain §5.7)."""

from decimal import Decimal

import pytest

from enterprises.actions import move_member
from portal.audit.models import AuditEntry
from portal.errors import Refused
from portal.masking import mask_id
from portal.notifications.models import Message
from projects.models import Project
from supervision.actions import save_parties, submit_filing
from supervision.catalogue import Module
from supervision.conflicts import RULES, officers_needed, posts_elsewhere
from supervision.frozen import changes_between, snapshot
from supervision.gaps import gaps_in, sheet_of, warnings_in
from supervision.models import Attachment, Filing, Material
from tests import make
from tests.supervision.acts import submit, ticked

pytestmark = pytest.mark.django_db


@pytest.fixture
def author():
    return make.site_officer()


def fresh(filing):
    return Filing.objects.get(pk=filing.pk)


def gaps(filing):
    return {gap.place: str(gap.text) for gap in gaps_in(fresh(filing))}


def warned(filing):
    return {warning.code: str(warning.text) for warning in warnings_in(fresh(filing))}


def party(filing, party_type):
    return filing.parties.get(party_type=party_type)


def same_head(filing, other, party_type):
    """Let the party of this filing be led by whom the other filing names."""
    one, head = party(filing, party_type), party(other, party_type)
    one.head_name, one.head_id_number, one.head_id_index = head.head_name, head.head_id_number, head.head_id_index
    one.save()


def another(author, **fields):
    return make.ready_filing(by=author, **fields)


def test_each_rule_has_its_own_code_a_sentence_and_a_source():
    codes = [rule.code for rule in RULES]
    assert len(set(codes)) == len(codes)
    assert all(str(rule.sentence) and str(rule.source) and rule.place for rule in RULES)


# 21: the project manager on another live project


def test_21_a_manager_of_another_live_project_chooses_the_exception_and_says_why(author):
    filing = another(author)
    same_head(filing, submit(another(author), author), "contractor")
    assert "已在其他 1 个项目任职" in warned(filing)["manager_busy"]
    assert set(gaps(filing)) == {"contractor.exception_case", "contractor.note"}
    filing.parties.filter(party_type="contractor").update(exception_case="b", note="原项目已于十月验收合格。")
    assert gaps(filing) == {}


def test_21_where_files_are_required_the_proof_is_a_file(author):
    filing = make.ready_filing(Module.EARLY, by=author)
    same_head(filing, submit(another(author), author), "contractor")
    filing.parties.filter(party_type="contractor").update(exception_case="c", note="停工 150 天，建设单位同意。")
    assert list(gaps(filing)) == ["M31"]
    proof = make.document_row("material", filing, by=author)
    proof.save()
    Attachment.objects.create(filing=filing, material=Material.objects.get(pk="M31"), document=proof, added_by=author)
    assert gaps(filing) == {}


def test_21_the_stations_read_the_rule_its_source_the_exception_and_the_other_project(author):
    other = submit(another(author), author)
    filing = another(author)
    same_head(filing, other, "contractor")
    filing.parties.filter(party_type="contractor").update(exception_case="a", note="相邻地块分期施工。")
    data = submit(fresh(filing), author).versions.get().data
    found = next(each for each in data["conflicts"] if each["code"] == "manager_busy")
    assert (found["elsewhere"], "第九条" in found["source"]) == ([other.works_name], True)
    named = next(each for each in data["parties"] if each["place"] == "contractor")
    assert (named["exception_case"], named["note"]) == ("a", "相邻地块分期施工。")


def test_21_the_applicant_is_not_told_which_project(author):
    other = submit(another(author), author)
    filing = another(author)
    same_head(filing, other, "contractor")
    assert other.works_name not in "".join([*warned(filing).values(), *gaps(filing).values()])


def test_21_a_manager_is_free_when_the_other_works_are_finished(author):
    other = make.filed_filing(by=author)
    filing = another(author)
    same_head(filing, other, "contractor")
    assert "manager_busy" in warned(filing)
    Project.objects.filter(pk=other.project_id).update(construction_status="006")
    assert "manager_busy" not in warned(filing)


def test_11_a_manager_named_at_a_resubmission_is_looked_up_again(author):
    first, filing = submit(another(author), author), submit(another(author), author)
    same_head(filing, first, "contractor")
    assert "manager_busy" in warned(filing)


# 23: the chief engineer


def test_23_a_chief_engineer_on_a_fourth_project_is_refused_unless_one_earlier_is_terminated(author):
    filings = [another(author) for _ in range(4)]
    for each in filings[1:]:
        same_head(each, filings[0], "supervisor")
    for number, each in enumerate(filings[:3]):
        assert ("chief_engineer_several" in warned(each)) == (number > 0)
        assert submit(each, author).status == "submitted"
    assert "最多 3 个" in gaps(filings[3])["supervisor.head_name"]
    with pytest.raises(Refused):
        submit_filing(
            fresh(filings[3]), targets=["safety"], prior_exists=False, acknowledged=ticked(filings[3]), by=author
        )
    Project.objects.filter(pk=filings[0].project_id).update(construction_status="006")
    Filing.objects.filter(pk=filings[0].pk).update(status="voided")
    assert gaps(filings[3]) == {}


# 24: safety officers


@pytest.mark.parametrize(
    ("category", "area", "amount", "needed"),
    [
        ("01", 9_999, 99_999, 1),
        ("01", 10_000, 1, 2),
        ("01", Decimal("49999.99"), 1, 2),
        ("01", 50_000, 1, 3),
        ("02", 500_000, Decimal("4999.99"), 1),
        ("02", 0, 5_000, 2),
        ("02", 0, 10_000, 3),
        ("99", 60_000, 1, 3),
        ("", 60_000, 1, 0),
        ("01", None, 60_000, 0),
    ],
)
def test_24_officers_are_counted_by_area_and_for_civil_works_by_contract(category, area, amount, needed):
    sizes = {"construction_area_m2": area, "contract_amount_wan": amount}
    filing = Filing(
        project_category=category, **{name: size if size is None else Decimal(size) for name, size in sizes.items()}
    )
    assert officers_needed(filing)[0] == needed


def test_24_too_few_officers_need_a_word_that_says_both_numbers(author):
    filing = another(author)
    filing.safety_officers.first().delete()
    assert warned(filing) == {"officers_too_few": "专职安全员应不少于 3 人（施工面积 128600.5 m²），已填写 2 人"}


def test_24_a_safety_officer_on_two_projects_needs_a_word(author):
    filing, other = another(author), another(author)
    officer = other.safety_officers.first()
    make.add_officer(filing, "赵敏", number=officer.id_number)
    assert warned(filing) == {}
    submit(other, author)
    assert warned(filing) == {"officer_elsewhere": f"专职安全员已在其他项目任职：赵敏（{officer.id_number[-4:]}）"}


def test_an_officer_is_named_once(author):
    filing = another(author)
    make.add_officer(filing, number=filing.safety_officers.first().id_number)
    assert "重复填写" in gaps(filing)["officers"]


# 28, 29, 31, 32: the parties themselves


@pytest.mark.parametrize("code", ["12420115MB1C1A0493", "11420100MB00000196", "13420100MB0000027T"])
def test_28_a_public_owner_without_a_91_code_is_accepted(author, code):
    filing = another(author)
    filing.parties.filter(party_type="owner").update(uscc=code)
    assert gaps(filing) == {}


def test_28_an_older_organisation_code_needs_a_word(author):
    filing = another(author)
    filing.parties.filter(party_type="owner").update(uscc="733501283", unit_name="某驻汉机构")
    codes = [place for place in gaps(filing) if place == "owner.uscc"]
    assert (codes, "legacy_code" in warned(filing)) == ([], True)
    filing.parties.filter(party_type="owner").update(uscc="733501288")
    assert "组织机构代码的校验码不符" in gaps(filing)["owner.uscc"]


def test_29_an_owner_who_builds_is_a_warning_and_one_who_supervises_gives_proof(author):
    filing = another(author)
    owner = party(filing, "owner")
    filing.parties.filter(party_type="contractor").update(uscc=owner.uscc)
    assert (list(gaps(filing)), list(warned(filing))) == ([], ["owner_builds"])
    filing = another(author)
    filing.parties.filter(party_type="supervisor").update(uscc=party(filing, "owner").uscc)
    assert (list(gaps(filing)), list(warned(filing))) == (["supervisor.note"], ["owner_supervises"])


def test_31_survey_and_design_may_be_missing(author):
    assert not another(author).parties.filter(party_type__in=["survey", "design"]).exists()
    assert gaps(another(author)) == {}


def test_32_works_without_supervision_duty_say_why_and_the_quality_station_sees_it(author):
    filing = another(author, construction_area_m2=Decimal(2_000), contract_amount_wan=Decimal(400))
    filing.unit_works.all().delete()
    make.add_unit_works(filing)
    filing.parties.filter(party_type="supervisor").delete()
    rows = [{"id": str(each.pk), "party_type": each.party_type} for each in filing.parties.all()]
    save_parties(filing, [*rows, {"party_type": "supervisor", "exempt": True}], version=1, by=author)
    assert list(gaps(filing)) == ["supervisor.note"]
    filing.parties.filter(party_type="supervisor").update(note="小型工程，不属于必须实行监理的范围。")
    assert (gaps(filing), list(warned(filing))) == ({}, ["supervisor_exempt"])
    data = submit(fresh(filing), author, targets=["quality"]).versions.get().data
    assert [each["code"] for each in data["conflicts"]] == ["supervisor_exempt"]
    assert next(each for each in data["parties"] if each["place"] == "supervisor")["exempt"] is True


def test_32_large_works_are_told_that_they_as_a_rule_are_supervised(author):
    filing = another(author)
    filing.parties.filter(party_type="supervisor").delete()
    rows = [{"id": str(each.pk), "party_type": each.party_type} for each in filing.parties.all()]
    save_parties(filing, [*rows, {"party_type": "supervisor", "exempt": True, "note": "…"}], version=1, by=author)
    assert "一般须实行监理" in warned(filing)["supervisor_exempt"]


def test_32_a_supervisor_may_not_be_exempt_and_named(author):
    filing = another(author)
    filing.parties.filter(party_type="supervisor").update(exempt=True, note="小型工程。")
    assert "请清空" in gaps(filing)["supervisor.exempt"]


def test_32_a_project_without_supervisor_completes_without_one(author):
    filing = another(author)
    filing.parties.filter(party_type="supervisor").update(
        exempt=True, note="小型工程。", unit_name="", uscc="", head_name="", head_id_number=None, head_id_index=None
    )
    filing = submit(fresh(filing), author)
    for review in filing.reviews.all():
        make.approved(review)
    assert fresh(filing).status == "filed"
    assert set(filing.project.parties.values_list("party_type", flat=True)) == {"owner", "contractor"}


# 36, 37: people


def test_36_somebody_in_a_key_post_whom_another_enterprise_employs_needs_a_word(author):
    filing, manager = another(author), make.person("陈建桥")
    one = party(filing, "contractor")
    one.head_id_number, one.head_id_index = manager.id_number, manager.id_index
    one.save()
    make.member(make.employer_of(author), manager)
    assert warned(filing) == {}
    make.member(make.enterprise("别家建设有限公司"), manager)
    said = warned(filing)["two_enterprises"]
    assert (said.endswith(f"陈建桥（{manager.id_number[-4:]}）"), "别家" in said) == (True, False)


def test_37_two_people_of_one_name_are_told_apart_and_never_taken_for_one(author):
    filing, other = another(author), submit(another(author), author)
    make.add_officer(filing, other.safety_officers.first().name)
    assert warned(filing) == {}
    names = changes_between({**snapshot(other), "officers": []}, snapshot(other))[0].new
    assert all(mask_id(officer.id_number) in names for officer in other.safety_officers.all())


# 22


def test_22_a_manager_who_left_keeps_the_post_and_the_project_is_flagged(client, author):
    company, manager = make.employer_of(author), make.person("陈建桥")
    membership = make.member(company, manager)
    filing = another(author)
    one = party(filing, "contractor")
    one.head_id_number, one.head_id_index = manager.id_number, manager.id_index
    one.save()
    filing = submit(fresh(filing), author)
    for review in filing.reviews.all():
        make.approved(review)
    project = filing.project
    client.force_login(author)
    pages = (f"/projects/{project.pk}/", "/projects/", "/")
    home = [client.get(page, follow=True).content.decode().count("项目经理待变更") for page in pages]
    assert home == [0, 0, 0]
    move_member(membership, "leave", by=make.administrator_of(company))
    assert project.parties.get(party_type="contractor").lead == manager
    assert all("项目经理待变更" in client.get(page, follow=True).content.decode() for page in pages)
    client.force_login(make.administrator_of(company))
    assert "项目经理待变更" in client.get("/", follow=True).content.decode()
    client.force_login(make.site_officer())
    assert client.get(f"/projects/{project.pk}/").status_code == 404


def test_22_those_concerned_are_told_once_that_the_manager_left(client, author):
    """Edge case 22: the 建设单位's administrators and who filed; neither strangers nor who did it."""
    company, manager = make.employer_of(author), make.person("陈建桥")
    membership = make.member(company, manager)
    filing = another(author)
    one = party(filing, "contractor")
    one.head_id_number, one.head_id_index = manager.id_number, manager.id_index
    one.save()
    owner = filing.parties.get(party_type="owner").enterprise
    filing = submit(fresh(filing), author)
    for review in filing.reviews.all():
        make.approved(review)
    head_office = make.administrator_of(company)
    for move in ("disable", "leave"):
        move_member(membership, move, by=head_office)
    told = Message.objects.filter(event="project.manager_left")
    assert {message.user for message in told} == {make.administrator_of(owner), author}
    assert (told.count(), AuditEntry.objects.filter(event="project.manager_left").count()) == (2, 1)


# The question


@pytest.mark.parametrize("others", [1, 3])
def test_what_people_do_elsewhere_is_one_question(author, django_assert_num_queries, others):
    filing = another(author)
    for _ in range(others):
        other = another(author)
        same_head(other, filing, "contractor")
        Filing.objects.filter(pk=other.pk).update(
            status="submitted",
            round=1,
            submitted_by=author,
            submitted_at=other.created_at,
            live_key=str(other.project_id),
        )
    people = [each.head_id_index for each in filing.parties.all()]
    with django_assert_num_queries(1):
        assert len(posts_elsewhere(filing, people)) == others
    with django_assert_num_queries(0):
        posts_elsewhere(filing, [])
    assert len(sheet_of(fresh(filing)).posts) == others

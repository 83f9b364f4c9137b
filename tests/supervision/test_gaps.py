"""What is missing, what is wrong, what a person vouches for."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from portal.documents.models import Document
from supervision.catalogue import Module
from supervision.gaps import BASICS_STARRED, Badge, badges, gaps_in, warnings_in
from supervision.models import Filing
from tests import make

pytestmark = pytest.mark.django_db


def texts(filing):
    return [str(gap.text) for gap in gaps_in(Filing.objects.get(pk=filing.pk))]


def marks(filing):
    return [badge.value for badge in badges(Filing.objects.get(pk=filing.pk)).values()]


def warned(filing):
    return [warning.code for warning in warnings_in(Filing.objects.get(pk=filing.pk))]


@pytest.mark.parametrize("module", Module)
def test_a_complete_filing_has_no_gap_and_needs_no_word(module):
    filing = make.ready_filing(module)
    assert texts(filing) == []
    assert warned(filing) == []
    assert marks(filing) == ["已填", "已填", "已填", "选填" if module == Module.ADVANCE else "已填"]


@pytest.mark.parametrize("field", BASICS_STARRED)
def test_each_starred_field_is_asked_for(field):
    filing = make.ready_filing(Module.ADVANCE)
    empty = None if Filing._meta.get_field(field).null else ""
    Filing.objects.filter(pk=filing.pk).update(**{field: empty})
    gaps = gaps_in(Filing.objects.get(pk=filing.pk))
    assert [(gap.section, gap.place, gap.wrong) for gap in gaps] == [("basics", field, False)]


def test_the_permit_number_is_asked_for_in_joint_filing_only():
    filings = [make.ready_filing(module) for module in (Module.JOINT, Module.ADVANCE)]
    Filing.objects.update(permit_no="")
    assert [texts(filing) for filing in filings] == [["请填写施工许可证编号"], []]


def test_an_empty_draft_says_未填_everywhere_and_选填_where_nothing_is_required():
    assert marks(make.draft_filing(Module.ADVANCE)) == ["未填", "未填", "未填", "选填"]
    assert marks(make.draft_filing(Module.EARLY)) == ["未填", "未填", "未填", "未填"]


def test_a_missing_chief_engineer_is_named_exactly():
    filing = make.ready_filing()
    filing.parties.filter(party_type="supervisor").update(head_name="")
    assert texts(filing) == ["缺：监理单位总监理工程师"]


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("uscc", "91420102MAXC1A019A", "统一社会信用代码"),
        ("head_phone", "12345", "手机号"),
        ("head_id_number", "420102198503129011", "身份证号"),
    ],
)
def test_a_malformed_number_of_a_party_is_wrong(field, value, said):
    filing = make.ready_filing()
    party = filing.parties.get(party_type="contractor")
    setattr(party, field, value)
    party.save()
    gap = gaps_in(filing)[0]
    assert (gap.section, gap.place, gap.wrong) == ("parties", f"contractor.{field}", True)
    assert said in gap.text
    assert marks(filing)[1] == "有误"


def test_an_optional_party_needs_name_and_code_and_is_named_once():
    filing, unit = make.ready_filing(), make.enterprise(types=["design"])
    for order in (8, 9):
        make.add_party(filing, "specialty_sub", unit, order=order)
    assert texts(filing) == [f"专业分包单位“{unit.name}”重复填写，请保留一个"]
    filing.parties.filter(order=9).update(uscc="", unit_name="")
    assert texts(filing) == ["请填写专业分包单位的单位名称", "请填写专业分包单位的统一社会信用代码"]


def test_contractor_and_supervisor_may_not_be_one():
    filing = make.ready_filing()
    contractor = filing.parties.get(party_type="contractor")
    filing.parties.filter(party_type="supervisor").update(uscc=contractor.uscc)
    assert texts(filing) == ["施工单位与监理单位不能是同一单位（统一社会信用代码相同）"]


@pytest.mark.parametrize(("party", "code"), [("contractor", "owner_builds"), ("supervisor", "owner_supervises")])
def test_an_owner_who_builds_or_supervises_vouches_for_it(party, code):
    filing = make.ready_filing()
    filing.parties.filter(party_type="owner").update(uscc=filing.parties.get(party_type=party).uscc)
    filing.parties.filter(party_type="supervisor").update(note="自行监理，有相应资质。")
    assert (texts(filing), warned(filing)) == ([], [code])


def test_what_was_typed_and_not_understood_stays_wrong_until_it_is_mended():
    filing = make.ready_filing()
    message = "经度应为数字"
    Filing.objects.filter(pk=filing.pk).update(longitude=None, malformed={"basics": {"longitude": ["abc", message]}})
    assert texts(filing) == [message]
    assert marks(filing)[0] == Badge.WRONG


@pytest.mark.parametrize(
    ("state", "problem", "said", "mark"),
    [
        (Document.State.CHECKING, "", "施工合同（关键页）：“材料.pdf”正在检查，请稍候", "未填"),
        (Document.State.REFUSED, "文件已损坏。", "施工合同（关键页）：“材料.pdf”未通过检查，文件已损坏。", "有误"),
    ],
)
def test_a_file_counts_only_when_it_was_found_sound(state, problem, said, mark):
    filing = make.ready_filing(Module.EARLY)
    document = filing.attachments.get(material_id="M09").document
    Document.objects.filter(pk=document.pk).update(state=state, problem=problem)
    assert texts(filing) == [said]
    assert marks(filing)[3] == mark


def test_a_removed_or_replaced_file_does_not_count():
    filing = make.ready_filing(Module.EARLY)
    old = filing.attachments.get(material_id="M09")
    old.removed_at, old.removed_by = timezone.now(), old.added_by
    old.save()
    assert texts(filing) == ["缺：施工合同（关键页）"]


def test_the_permit_itself_is_uploaded_only_where_the_data_has_none():
    with_permit = make.ready_filing(Module.JOINT)
    without = make.ready_filing(Module.JOINT, permit=None, permit_no="420102202603150101")
    assert texts(with_permit) == []
    assert texts(without) == ["缺：建筑工程施工许可证"]


def test_a_municipal_lot_may_have_no_area_but_then_a_length():
    filing = make.ready_filing(project_category="02", construction_area_m2=Decimal(0))
    filing.unit_works.update(area_above_m2=None)
    assert len(texts(filing)) == 2
    filing.unit_works.update(length_m=Decimal(3200))
    assert texts(filing) == []


@pytest.mark.parametrize(
    ("values", "codes"),
    [
        ({"planned_start_date": timezone.localdate() - timedelta(days=1), "duration_days": None}, ["start_in_past"]),
        ({"duration_days": 700}, ["duration"]),
        ({"contract_amount_wan": Decimal(462_800_000)}, ["unit_price"]),
        ({"longitude": Decimal("30.642100"), "latitude": Decimal("114.318200")}, ["swapped"]),
        ({"longitude": Decimal("116.400000"), "latitude": Decimal("39.900000")}, ["outside_city"]),
        ({"construction_area_m2": Decimal(150_000)}, ["area_sum"]),
        ({"permit_promised_by": timezone.localdate() + timedelta(days=181)}, ["permit_promise"]),
        ({"project_no": "4201022603150001"}, []),
    ],
)
def test_what_is_unusual_needs_a_persons_word(values, codes):
    filing = make.ready_filing(Module.ADVANCE)
    Filing.objects.filter(pk=filing.pk).update(**values)
    assert (texts(filing), warned(filing)) == ([], codes)


def test_a_start_in_the_past_is_no_matter_where_there_is_a_permit():
    filing = make.ready_filing(Module.JOINT)
    yesterday = timezone.localdate() - timedelta(days=1)
    Filing.objects.filter(pk=filing.pk).update(planned_start_date=yesterday, duration_days=None)
    assert warned(filing) == []


def test_costs_above_the_contract_need_a_word():
    filing = make.ready_filing()
    filing.unit_works.update(cost_wan=Decimal(50_000))
    assert warned(filing) == ["cost_sum"]


def test_a_manager_of_another_live_project_needs_a_word():
    first = make.submitted_filing()
    busy = first.parties.get(party_type="contractor")
    second = make.ready_filing(by=first.created_by)
    second.parties.filter(party_type="contractor").update(head_id_index=busy.head_id_index)
    assert warned(second) == ["manager_busy"]


@pytest.mark.parametrize("rows", [1, 5])
def test_gaps_are_found_with_two_questions_however_large_the_filing(django_assert_num_queries, rows):
    filing = make.ready_filing(Module.EARLY)
    for _ in range(rows - 1):
        make.add_unit_works(filing)
    filing = Filing.objects.get(pk=filing.pk)
    with django_assert_num_queries(2):
        assert gaps_in(filing) == []
    with django_assert_num_queries(2):
        badges(filing)

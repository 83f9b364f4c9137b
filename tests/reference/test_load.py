"""`manage.py reference`: complete, any number of times, and never against an operator."""

import re
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts.agreement_texts import TEXTS
from accounts.models import Agreement, Station, StationRole, Target
from accounts.reference import STATIONS, station_id
from enterprises.models import BusinessSystem, Position
from portal.management.commands.reference import COUNTED, load_reference
from portal.places import District, JurisdictionArea
from supervision.catalogue import Module, Need, Section
from supervision.models import CheckPoint, Material, MaterialRule, ReturnReason
from supervision.reference import MATERIALS

pytestmark = pytest.mark.django_db


def counts() -> dict[str, int]:
    return {label: model.objects.count() for model, label in COUNTED}


def said() -> str:
    answer = StringIO()
    call_command("reference", stdout=answer)
    return answer.getvalue()


def test_the_first_load_brings_everything():
    load_reference()

    assert counts() == {
        "districts": 13,
        "areas": 18,
        "stations": 18,
        "station roles": 36,
        "agreements": 5,
        "systems": 7,
        "positions": 38,
        "materials": 32,
        "material rules": 91,
        "return reasons": 27,
        "check points": 23,
    }


def test_the_second_load_changes_nothing():
    said()
    before = counts()

    assert said().endswith("(0 rows new).\n")
    assert counts() == before


def test_the_command_says_what_is_there_in_one_line():
    answer = said()

    assert answer.count("\n") == 1
    assert answer.startswith("Reference data: 13 districts, 18 areas, 18 stations, 36 station roles,")


def test_an_edit_is_not_overwritten():
    load_reference()
    Station.objects.filter(name="江岸区建筑管理站").update(name="江岸区建设工程监督站", phone="027-82000000")
    Material.objects.filter(code="M25").update(name="工伤保险缴费证明", is_active=False)
    MaterialRule.objects.filter(material="M05", module=Module.JOINT).update(need=Need.REQUIRED)
    BusinessSystem.objects.filter(code="credit").update(name="信用管理")
    Position.objects.filter(code="1018").update(name="专职安全员")
    ReturnReason.objects.filter(code="R01").update(text="工程名称与证载不一致。")
    JurisdictionArea.objects.filter(code="DHFJ").update(name="东湖风景区")
    Agreement.objects.filter(kind="enterprise").update(body="我们自己的协议")

    assert load_reference() == 0

    assert Station.objects.get(pk=station_id(3)).name == "江岸区建设工程监督站"
    assert Material.objects.get(code="M25").name == "工伤保险缴费证明"
    assert MaterialRule.objects.get(material="M05", module=Module.JOINT).need == Need.REQUIRED
    assert BusinessSystem.objects.get(code="credit").name == "信用管理"
    assert Position.objects.get(code="1018").name == "专职安全员"
    assert ReturnReason.objects.get(code="R01").text == "工程名称与证载不一致。"
    assert JurisdictionArea.objects.get(code="DHFJ").name == "东湖风景区"
    assert Agreement.objects.get(kind="enterprise").body == "我们自己的协议"


def test_a_material_that_an_operator_took_off_a_module_stays_off():
    load_reference()
    MaterialRule.objects.filter(material="M29", module=Module.EARLY).delete()

    assert load_reference() == 0
    assert not MaterialRule.objects.filter(material="M29", module=Module.EARLY).exists()


def test_a_role_that_an_operator_ended_or_moved_is_not_given_back():
    load_reference()
    StationRole.objects.filter(area="QS").update(valid_to=timezone.localdate())
    StationRole.objects.filter(area="HS", role="quality").update(station=station_id(2))

    assert load_reference() == 0
    assert set(StationRole.objects.filter(area="QS").values_list("valid_to", flat=True)) == {timezone.localdate()}
    assert StationRole.objects.get(area="HS", role="quality").station_id == station_id(2)


def test_a_station_that_an_operator_had_made_before_does_not_stop_the_load():
    Station.objects.create(name="汉阳区建筑管理站")

    load_reference()

    assert Station.objects.filter(name="汉阳区建筑管理站").count() == 1
    assert not StationRole.objects.filter(area="HY").exists()  # the operator says which roles that body holds


def test_what_is_missing_is_added():
    load_reference()
    ReturnReason.objects.filter(code="R27").delete()
    CheckPoint.objects.filter(material="M30").delete()
    Material.objects.filter(code="M30").delete()

    assert load_reference() == 6  # the reason, the material with its three rules, the point
    assert Material.objects.get(code="M30").rules.count() == 3


@pytest.mark.parametrize("area", [area for _name, areas, _roles in STATIONS for area in areas])
def test_every_area_has_one_body_for_each_role(area):
    load_reference()

    held = StationRole.objects.on(timezone.localdate()).filter(area=area)

    assert sorted(held.values_list("role", flat=True)) == sorted(Target)


def test_no_area_is_without_a_station():
    load_reference()

    assert set(JurisdictionArea.objects.values_list("code", flat=True)) == set(
        StationRole.objects.values_list("area", flat=True)
    )


def test_the_city_has_a_body_for_each_role_and_a_district_one_for_both():
    load_reference()

    city = StationRole.objects.filter(area="WH-CITY").values_list("role", "station__name")
    assert set(city) == {("safety", "武汉市建设工程安全监督站"), ("quality", "武汉市建设工程质量监督站")}
    assert set(StationRole.objects.filter(area="JA").values_list("station__name", flat=True)) == {"江岸区建筑管理站"}


def test_only_filing_is_open_and_safety_supervision_has_two_labels():
    load_reference()

    assert list(BusinessSystem.objects.filter(is_open=True).values_list("code", "url_name")) == [
        ("filing", "filing:list")
    ]
    assert not BusinessSystem.objects.filter(is_open=False).exclude(url_name="").exists()
    assert list(BusinessSystem.objects.values_list("name", flat=True)) == [
        "项目报监",
        "安全监督",
        "督查巡查",
        "危大工程",
        "项目评价",
        "人员评价",
        "信用监管",
    ]
    assert BusinessSystem.objects.get(name="安全监督").home_name == "安全监管"


def test_five_posts_lead_a_project():
    load_reference()

    assert dict(Position.objects.filter(leads=True).values_list("code", "name")) == {
        "1001": "总监理工程师",
        "1009": "项目经理",
        "2001": "建设单位项目负责人",
        "3001": "勘察项目负责人",
        "4001": "设计项目负责人",
    }
    assert set(Position.objects.filter(is_active=False).values_list("name", flat=True)) == {"项目总监"}


# The table of domain §2.6, typed a second time: code, who reads it, 联合 先行 提前.
TABLE = """
M01 SQ RRO|M02 SQ A--|M03 SQ -RO|M04 SQ -RO|M05 SQ ORO|M06 SQ ORO|M07 SQ ORO|M08 SQ RRO|M09 SQ RRO|M10 SQ RRO|
M11 Q OOO|M12 Q RRO|M13 SQ ORO|M14 Q RRO|M15 Q RRO|M16 S RRO|M17 S RRO|M18 S RRO|M19 SQ RRO|M20 SQ RRO|M21 SQ RRO|
M22 SQ RRO|M23 S RRO|M24 S ORO|M25 S ROO|M26 S OOO|M27 S OOO|M28 SQ -OO|M29 SQ ORO|M30 SQ RRO|M31 SQ OOO|M99 SQ OOO
"""
SIGNS = {Need.REQUIRED: "R", Need.OPTIONAL: "O", Need.RECOMMENDED: "O", Need.FROM_PERMIT: "A"}


def test_materials_and_rules_are_those_of_the_table():
    load_reference()
    rules = {(rule.material_id, rule.module): SIGNS[rule.need] for rule in MaterialRule.objects.all()}

    shown = [
        " ".join(
            [
                material.code,
                "S" * material.read_by_safety + "Q" * material.read_by_quality,
                "".join(rules.get((material.code, module), "-") for module in Module),
            ]
        )
        for material in Material.objects.all()
    ]

    assert shown == [line.strip() for line in TABLE.strip().split("|")]


def test_advance_service_requires_no_file():
    assert {line.needs[2] for line in MATERIALS} == {"O", "–"}


def test_every_reason_names_a_section_or_the_whole():
    load_reference()

    assert list(ReturnReason.objects.values_list("code", flat=True)) == [f"R{n:02d}" for n in range(1, 28)]
    by_section = {section: ReturnReason.objects.filter(section=section).count() for section in [*Section, ""]}
    assert by_section == {"basics": 9, "parties": 6, "unit_works": 3, "attachments": 7, "": 2}


TOLD = {
    "id_photo": ["保存", "删除", "撤", "更换"],
    "terms": ["账号", "真实", "注销", "留存", "生效日期", "《隐私政策》"],
    "privacy": [
        "为什么",
        "敏感个人信息",
        "保存多久",
        "您的权利",
        "15日",
        "更正",
        "撤回",
        "境内",
        "短信服务商",
        "第五十七条",
    ],
}


@pytest.mark.parametrize("kind", [Agreement.Kind(code) for code in TEXTS])
def test_an_agreement_tells_what_the_law_wants_told(kind, settings):
    settings.PLATFORM_NAME, settings.AUTHORITY_NAME = "某市平台", "某市住房和城市更新局"
    settings.SUPPORT_CONTACT = "027-12345"
    load_reference()

    text = Agreement.objects.current(kind)

    assert text.title == TEXTS[kind][0] == str(kind.label)
    assert 300 <= len(text.body) <= (1600 if kind in {"terms", "privacy"} else 700)
    assert "某市住房和城市更新局" in text.body and "027-12345" in text.body
    for word in TOLD.get(kind, ["保存", "删除", "撤", "更正"]):
        assert word in text.body
    assert not re.search(r"[{}]", text.body)


def test_the_agreements_are_whole_without_any_setting():
    load_reference()

    for text in Agreement.objects.all():
        assert "武汉市建设行政主管部门" in text.body
        assert not re.search(r"[{}]|\(\)|：。", text.body)


def test_an_operators_own_policy_is_not_joined_by_ours():
    Agreement.objects.create(kind="privacy", version="1", title="隐私政策", body="我们自己的政策")
    load_reference()
    assert Agreement.objects.filter(kind="privacy").count() == 1 and Agreement.objects.filter(kind="terms").count() == 1


def test_agreements_are_in_force_from_a_fixed_day():
    load_reference()

    assert {timezone.localdate(text.effective_from) for text in Agreement.objects.all()} == {date(2026, 1, 1)}


def test_districts_have_their_boxes():
    load_reference()

    assert District.objects.get(code="420102").may_hold(114.3182, 30.6421)
    assert not District.objects.get(code="420106").may_hold(114.3182, 30.6421)


def test_a_system_has_its_icon():
    icons = Path(__file__).resolve().parents[2] / "static/img/systems"
    load_reference()

    assert [
        code for code in BusinessSystem.objects.values_list("icon", flat=True) if not (icons / f"{code}.svg").exists()
    ] == []

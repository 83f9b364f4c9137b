"""Districts, areas and the area that is suggested. Vectors: domain §3.8, §7.3."""

import pytest

from portal.places import District, JurisdictionArea, load_places, suggest_area

pytestmark = pytest.mark.django_db


def test_loading_twice_adds_what_is_missing_and_keeps_what_was_edited():
    load_places()
    District.objects.filter(pk="420102").update(name="江岸")
    JurisdictionArea.objects.filter(pk="LKG").delete()
    load_places()
    assert District.objects.count() == 13
    assert District.objects.get(pk="420102").name == "江岸"
    assert JurisdictionArea.objects.count() == 18
    assert JurisdictionArea.objects.get(pk="JA").district_id == "420102"


@pytest.mark.parametrize(
    "district, texts, area",
    [
        ("420102", ["江岸区二七街道解放大道延长线", "二七云栖府住宅项目（一期）"], "JA"),
        ("420106", ["武昌区临江大道", "临江商务中心A座"], "WC"),
        ("420111", ["东湖高新区左岭街道科技一路", "光谷左岭智能制造产业园二期厂房"], "DHGX"),
        ("420114", ["武汉经开区军山街道小军山", "军山新能源汽车零部件项目1#、2#厂房"], "WHJK"),
        ("420115", ["江夏区纸坊街道北华街", "江夏区育才中学教学综合楼"], "JX"),
        ("420102", ["江岸区谌家矶街道", "谌家矶安置房（南区）"], "CJXQ"),
        ("420106", ["东湖风景区沿湖大道", "东湖风景区环湖路排水提升工程"], "DHFJ"),
        ("420111", ["洪山区珞狮路", "武汉轨道交通示例线土建一标"], "WH-CITY"),
        ("420113", ["纱帽街道"], "WHJK"),
        ("420112", ["吴家山街道"], "DXH"),
        ("420104", ["龙泉街"], "QK"),  # a zone's street name in another district means another street
        ("420199", [""], None),
    ],
)
def test_the_area_is_suggested_from_district_street_and_kind(district, texts, area):
    load_places()
    suggested = suggest_area(district, *texts)
    assert (suggested and suggested.code) == area


def test_a_retired_area_is_not_suggested():
    load_places()
    JurisdictionArea.objects.filter(pk="CJXQ").update(is_active=False)
    suggested = suggest_area("420102", "谌家矶街道")
    assert suggested and suggested.code == "JA"


def test_one_query_finds_the_area(django_assert_num_queries):
    load_places()
    with django_assert_num_queries(1):
        suggest_area("420102", "谌家矶街道")


def test_a_district_may_hold_a_point_of_its_box():
    load_places()
    district = District.objects.get(pk="420102")
    assert district.may_hold(114.3182, 30.6421)
    assert not district.may_hold(114.0523, 30.4015)

"""Finding by Chinese keywords, on a real index."""

import pytest
from django.contrib.postgres.indexes import GinIndex
from django.db import connection, models
from django.test.utils import isolate_apps
from hypothesis import given
from hypothesis import strategies as st

from portal.ids import Identified
from portal.search import (
    SEARCH_FIELDS,
    STOP_GRAMS,
    Searchable,
    capped_count,
    find,
    fold,
    grams,
    reindex,
    tokens_of,
)

with isolate_apps("portal"):

    class Site(Searchable, Identified):
        name = models.CharField(max_length=100)
        number = models.CharField(max_length=30, blank=True)
        status = models.CharField(max_length=10, default="draft")
        areas = models.JSONField(default=list)

        class Meta:
            app_label = "portal"
            db_table = "test_search_site"
            indexes = [GinIndex(fields=["search_tokens"], name="test_search_site_tokens")]

        def search_parts(self):
            return [self.name, self.number], {"status": self.status, "area": self.areas}


@pytest.fixture
def sites(db):
    with connection.schema_editor() as editor:
        editor.create_model(Site)
    for name, number, status, areas in [
        ("二七云栖府住宅项目（一期）1#–6#楼及地下室", "420102202603150101", "returned", ["JA"]),
        ("临江商务中心A座", "420106202605200201", "draft", ["WC"]),
        ("谌家矶安置房（南区）", "4201022025110900114BJ4001", "returned", ["JA", "CJXQ"]),
        ("轨道交通示例线土建一标工程", "", "filed", []),
    ]:
        site = Site(name=name, number=number, status=status, areas=areas)
        site.index_search()
        site.save()
    return Site.objects


def found(queryset):
    return sorted(site.name[:2] for site in queryset)


def test_chinese_is_cut_into_pairs_and_numbers_into_threes():
    assert grams("宏松府 ABC12") == ["abc", "bc1", "c12", "宏松", "松府"]
    assert grams("A座1#楼") == ["a座", "座1"]
    assert grams("桥") == grams("a1") == grams("，。") == grams("") == []


def test_filters_are_tokens_beside_the_words():
    tokens = tokens_of("江岸区", None, "", status="returned", area=["JA", "WC"], empty="", none=None, count=0)
    assert tokens == ["area:JA", "area:WC", "count:0", "status:returned", "岸区", "江岸"]


@pytest.mark.parametrize(
    "keyword, names",
    [
        ("云栖", ["二七"]),
        ("住宅", ["二七"]),
        ("安置房", ["谌家"]),
        ("谌家矶安置房", ["谌家"]),
        ("(南区)", ["谌家"]),
        ("（南区）", ["谌家"]),
        ("云栖 一期", ["二七"]),
        ("云栖 南区", []),
        ("云府", []),
        ("云栖住宅", []),
        ("A座", ["临江"]),
        ("a座", ["临江"]),
        ("Ａ座", ["临江"]),
        ("420106202605200201", ["临江"]),
        ("5200", ["临江"]),
        ("1#", ["二七"]),
        ("6#楼", ["二七"]),
        ("府", ["二七"]),
        ("bj4001", ["谌家"]),
        ("BJ", ["谌家"]),
        ("工程", ["轨道"]),
        ("项目 工程", []),
        ("100%", []),
        ("_", []),
        ("\\", []),
        ("", ["临江", "二七", "谌家", "轨道"]),
        ("   ", ["临江", "二七", "谌家", "轨道"]),
        (None, ["临江", "二七", "谌家", "轨道"]),
    ],
)
def test_rows_are_found_by_any_part_of_their_texts(sites, keyword, names):
    assert found(find(sites.all(), keyword)) == sorted(names)


def test_neighbouring_pairs_alone_do_not_make_a_match(sites):
    site = Site(name="云栖小区与栖府大厦")
    site.index_search()
    site.save()
    assert found(find(sites.all(), "云栖府")) == ["二七"]


def test_a_keyword_does_not_reach_from_one_text_into_the_next(sites):
    assert found(find(sites.all(), "A座420106")) == []
    assert found(find(sites.all(), "座4201")) == []


def test_filters_narrow_the_search(sites):
    assert found(find(sites.all(), "", status="returned")) == ["二七", "谌家"]
    assert found(find(sites.all(), "一期", status="draft")) == []
    assert found(find(sites.all(), "", area="JA", status="returned")) == ["二七", "谌家"]
    assert found(find(sites.all(), "", area="CJXQ")) == ["谌家"]


def test_one_of_several_values_is_enough(sites):
    assert found(find(sites.all(), None, status=["draft", "filed"])) == ["临江", "轨道"]
    assert found(find(sites.all(), None, status=["draft"], area="WC")) == ["临江"]


def test_empty_filters_do_not_restrict(sites):
    assert find(sites.all(), "", status="", area=None).count() == find(sites.all(), "", area=[]).count() == 4


def test_a_status_is_not_found_by_typing_its_token(sites):
    assert found(find(sites.all(), "status:returned")) == []


def test_two_characters_ask_only_the_index(sites):
    assert "LIKE" not in str(find(sites.all(), "云栖").query)
    assert "LIKE" in str(find(sites.all(), "云栖府").query)


def test_common_pairs_are_left_out_where_there_is_a_better_one(sites):
    def tokens(keyword):
        params = find(sites.all(), keyword).query.sql_with_params()[1]
        return {param for param in params if "%" not in param}

    assert {"工程", "有限", "限公", "公司"} <= STOP_GRAMS
    assert tokens("轨道工程") == {"轨道", "道工"}
    assert tokens("有限公司") == {"有限", "限公", "公司"}
    assert tokens("工程") == {"工程"}


def test_a_list_does_not_fetch_what_it_is_searched_by(sites, django_assert_num_queries):
    with django_assert_num_queries(1):
        site = find(sites.all(), "云栖").get()
        assert site.name.startswith("二七")
    assert site.get_deferred_fields() == set(SEARCH_FIELDS)
    site.name = "云栖小镇"
    site.index_search()
    site.save()
    assert found(find(sites.all(), "小镇")) == ["云栖"]


def test_the_index_serves_the_search(sites):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "test_search_site_tokens" in find(sites.all(), "云栖府", status="returned").explain()


def test_a_very_long_keyword_is_cut(sites):
    assert len(str(find(sites.all(), "云栖" * 50_000).query)) < 3_000


@given(st.text("宏松府工程有限公司aB1２#（） ", min_size=1, max_size=12), st.data())
def test_every_part_of_a_text_has_only_tokens_of_the_text(text, data):
    words = fold(text).split()
    for word in words:
        start = data.draw(st.integers(0, len(word)))
        part = word[start : data.draw(st.integers(start, len(word)))]
        assert set(grams(part)) <= set(grams(text))


def test_counting_stops_after_the_cap(sites, django_assert_num_queries):
    with django_assert_num_queries(2):
        assert capped_count(sites.order_by("name")) == 4
        assert capped_count(sites.all(), cap=2) == 3


def test_rows_are_indexed_anew_after_a_name_changed(sites):
    sites.filter(name__startswith="临江").update(name="武昌商务中心A座")
    assert found(find(sites.all(), "武昌")) == []
    assert reindex(sites.all(), batch=3) == 4
    assert found(find(sites.all(), "武昌")) == ["武昌"]


def test_both_search_fields_are_set_and_named(sites):
    site = Site(name="桥梁", status="filed")
    site.index_search()
    assert {name: getattr(site, name) for name in SEARCH_FIELDS} == {
        "search_tokens": ["status:filed", "桥梁"],
        "search_text": "桥梁",
    }

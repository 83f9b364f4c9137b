"""报监详情: where it stands, who has it, what happened."""

import pytest
from django.urls import reverse

from supervision.actions import accept_review
from supervision.catalogue import Module
from supervision.models import Filing
from tests import make
from tests.supervision.acts import resubmit, review_of, submit

pytestmark = pytest.mark.django_db


@pytest.fixture
def author():
    return make.site_officer("吴倩")


@pytest.fixture
def filing(author):
    return submit(make.ready_filing(by=author), author)


def page_of(client, filing, user):
    client.force_login(user)
    return client.get(reverse("filing:detail", args=[filing.pk])).content.decode()


def test_a_draft_says_that_nothing_is_filed_yet(client, author):
    page = page_of(client, make.ready_filing(by=author), author)
    assert "草稿 · 尚未报监" in page
    assert "安监未报" in page and "质监未报" in page


def test_both_stations_have_their_tag_and_the_line_says_who_is_next(client, author, filing):
    accept_review(review_of(filing, "safety"), by=make.officer("safety"))
    page = page_of(client, filing, author)
    assert "安监审核中（李**）" in page
    assert "待质监审核" in page
    assert "等待质监受理，安监正在审核" in page
    assert "李审核" not in page


def test_a_returned_filing_shows_the_items_and_leads_to_the_corrections(client, author, filing):
    make.returned(review_of(filing, "safety"), text="地址与许可证不一致。")
    page = page_of(client, filing, author)
    assert "安监已退回 · 1 处待修改" in page
    assert "地址与许可证不一致。" in page
    assert reverse("filing:correct", args=[filing.pk]) in page


def test_the_timeline_tells_the_whole_story(client, author, filing):
    make.returned(review_of(filing, "safety"))
    resubmit(filing, author)
    for role in ("safety", "quality"):
        make.approved(review_of(filing, role))
    page = page_of(client, filing, author)
    story = ["报监完毕", "质监审核通过", "安监审核通过", "重新提交（第 2 轮）", "安监退回补正", "安监受理", "新建报监"]
    happened = page.partition("通知送达情况")[0]
    places = [happened.rindex(step) for step in story]
    assert places == sorted(places)
    assert "下载回执" in page


def test_numbers_of_persons_are_masked(client, author, filing):
    page = page_of(client, filing, author)
    for party in filing.parties.all():
        assert party.head_id_number not in page
        assert party.head_phone not in page


def test_the_page_shows_what_was_handed_in_not_what_is_being_corrected(client, author, filing):
    make.returned(review_of(filing, "safety"))
    Filing.objects.filter(pk=filing.pk).update(construction_scale="正在修改的规模")
    assert "正在修改的规模" not in page_of(client, filing, author)


def test_one_target_alone_asks_for_the_other(client, author):
    filing = submit(make.ready_filing(by=author), author, targets=["safety"])
    make.approved(review_of(filing, "safety"))
    page = page_of(client, filing, author)
    assert "审核通过 · 待补报质监" in page
    assert reverse("filing:supplement", args=[filing.pk]) in page


def test_withdrawing_is_offered_only_while_it_is_possible(client, author, filing):
    url = reverse("filing:withdraw", args=[filing.pk])
    assert url in page_of(client, filing, author)
    make.approved(review_of(filing, "safety"))
    assert "申请撤回" in page_of(client, filing, author)
    make.approved(review_of(filing, "quality"))
    assert url not in page_of(client, filing, author)


def test_the_station_reads_the_same_story_with_names(client, filing):
    officer = make.officer("safety")
    accept_review(review_of(filing, "safety"), by=officer)
    assert "安监审核中（李审核）" in page_of(client, filing, officer)


def test_the_station_reads_the_name_that_was_handed_in_while_another_is_being_written(client, author, filing):
    make.returned(review_of(filing, "safety"))
    Filing.objects.filter(pk=filing.pk).update(works_name="正在改的名称")
    assert "正在改的名称" in page_of(client, filing, author)
    page = page_of(client, filing, make.officer("quality"))
    assert "正在改的名称" not in page and f"<h1>{filing.works_name}</h1>" in page


def test_an_officer_elsewhere_does_not_find_it(client, filing):
    client.force_login(make.officer("safety", area="WC"))
    assert client.get(reverse("filing:detail", args=[filing.pk])).status_code == 404


@pytest.mark.parametrize("rounds", [1, 3])
def test_the_page_asks_the_database_equally_often(client, author, django_assert_num_queries, rounds):
    filing = submit(make.ready_filing(Module.EARLY, by=author), author)
    officer = make.officer("safety")
    for _ in range(rounds):
        make.returned(review_of(filing, "safety"), by=officer)
        resubmit(filing, author)
    client.force_login(author)
    client.get(reverse("filing:detail", args=[filing.pk]))
    with django_assert_num_queries(QUERIES):
        client.get(reverse("filing:detail", args=[filing.pk]))


# session, person, visibility; the filing; map; stations; names; numbers; changes; versions; decisions; audit
QUERIES = 5

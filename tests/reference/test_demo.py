"""`manage.py demo`: what the city holds, and where it may not stand."""

from collections.abc import Iterator
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from accounts.models import StationPost, User
from enterprises.models import Enterprise
from portal.audit.models import AuditEntry
from portal.calendar import workdays_between
from portal.demo import holds_demo_data
from portal.documents.models import Document
from portal.home.models import Notice
from portal.management.commands.demo import load_demo
from portal.management.demo.clock import clock_at, workdays_ago
from portal.management.demo.data import PEOPLE, SIGN_INS, SITES, STRANGERS, UNITS
from portal.numbers import NumberSeries
from portal.validators import check_mobile, check_permit_no, check_resident_id, check_uscc, uscc_inner_warning
from projects.models import AwardRecord, ConstructionPermit, Project, ProjectUser
from supervision.catalogue import Module
from supervision.gaps import gaps_in
from supervision.models import DeficiencyItem, Filing, Review
from tests import make

COUNTED: list[type[Model]] = [
    AuditEntry, AwardRecord, ConstructionPermit, Document, Enterprise, Filing, Notice, NumberSeries, Project, User,
]  # fmt: skip


@pytest.fixture(scope="class")
def city(django_db_setup, django_db_blocker) -> Iterator[None]:
    """The whole demo, made once for the tests that only look at it."""
    with django_db_blocker.unblock(), transaction.atomic():
        load_demo()
        yield
        transaction.set_rollback(True)


def said(*arguments: str) -> str:
    answer = StringIO()
    call_command("demo", *arguments, stdout=answer)
    return answer.getvalue()


def account(sign_in: str) -> User:
    return User.objects.filter(username=sign_in).first() or User.objects.by_phone(sign_in)


def filing_of(name: str, module: str) -> Filing:
    return Filing.objects.get(works_name__startswith=name, module=module)


def review_of(name: str, role: str) -> Review:
    return Review.objects.get(filing__works_name__startswith=name, role=role)


# The data itself


def test_every_number_of_the_demo_is_valid():
    for unit in UNITS:
        check_uscc(unit.uscc)
        assert uscc_inner_warning(unit.uscc) is None
    numbers = [human.id_number for human in PEOPLE] + [unit.agent[1] for unit in UNITS]
    numbers += [number for _name, number, _phone in STRANGERS.values()]
    phones = [human.phone for human in PEOPLE] + [unit.agent[2] for unit in UNITS]
    phones += [phone for _name, _number, phone in STRANGERS.values()]
    for number in numbers:
        check_resident_id(number)
    for phone in phones:
        check_mobile(phone)
        assert phone.startswith("199000000")
    assert len({*numbers}) == len(numbers) and len({*phones}) == len(phones)
    assert [check_permit_no(site.permit_no) for site in SITES if site.permit_no] == [[], [], ["非标准格式"], [], []]


def test_every_district_of_a_site_holds_its_point(db):
    make.reference()
    for site in SITES:
        filing = Filing(district_id=site.district)
        assert filing.district.may_hold(*map(float, site.point)), site.key


# What the city holds


class TestCity:
    pytestmark = [pytest.mark.usefixtures("city"), pytest.mark.django_db]

    @pytest.mark.parametrize("sign_in", [sign_in for _who, _side, sign_in in SIGN_INS])
    def test_everybody_of_the_table_signs_in_with_the_published_password(self, sign_in):
        user = account(sign_in)

        assert user.check_password("Demo@2026!")
        assert (user.is_active, user.must_change_password, user.is_sample) == (True, False, True)

    def test_the_table_is_that_of_the_product(self):
        assert [sign_in for _who, _side, sign_in in SIGN_INS] == [
            "91420106MAXC1B011K", "91420102MAXC1A019B", "19900000001", "19900000002", "19900000003", "19900000007",
            "ja-safety", "ja-safety-chief", "ja-quality", "ja-quality-chief", "wc-safety", "wc-quality",
            "operator", "auditor",
        ]  # fmt: skip
        assert "Demo@2026!" in said("--signins")

    @pytest.mark.parametrize(
        ("username", "role", "station", "is_chief"),
        [
            ("ja-safety", "safety", "江岸区建筑管理站", False),
            ("ja-safety-chief", "safety", "江岸区建筑管理站", True),
            ("ja-quality", "quality", "江岸区建筑管理站", False),
            ("ja-quality-chief", "quality", "江岸区建筑管理站", True),
            ("wc-safety", "safety", "武昌区建筑管理站", False),
            ("wc-quality", "quality", "武昌区建筑管理站", False),
        ],
    )
    def test_each_officer_has_one_post_for_one_role(self, username, role, station, is_chief):
        post = StationPost.objects.get(user__username=username)

        assert (post.role, post.station.name, post.is_chief) == (role, station, is_chief)

    def test_operator_and_auditor_are_two_accounts(self):
        assert (account("operator").duty, account("auditor").duty) == ("operator", "auditor")

    def test_people_work_where_the_decisions_say(self):
        assert {
            unit: {member.user.name for member in Enterprise.objects.get(name=unit).members.all()}
            for unit in Enterprise.objects.filter(members__isnull=False).values_list("name", flat=True)
        } == {
            "武汉江城云栖置业有限公司": {"周启明"},
            "湖北楚天宏基建设集团有限公司": {"陈建桥", "王铁山", "赵敏", "吴倩", "郑海波", "何静"},
            "武汉恒信工程监理咨询有限公司": {"李晓楠"},
            "武汉天兴洲建筑工程有限公司": {"孙国安", "刘志勇"},
            "武汉江南都市建筑设计院有限公司": {"黄河清"},
        }

    def test_every_row_is_marked_as_a_sample(self):
        for model in [User, Enterprise, Project, ConstructionPermit, AwardRecord, Filing, Notice]:
            assert not model.objects.filter(is_sample=False).exists(), model

    def test_there_are_filings_in_every_state_that_people_can_reach(self):
        assert set(Filing.objects.values_list("status", flat=True)) == {
            "pulled", "draft", "submitted", "under_review", "returned", "approved", "filed", "withdrawn",
        }  # fmt: skip
        assert set(Filing.objects.values_list("module", flat=True)) == set(Module)

    def test_erqi_is_filed_with_its_project_manager(self):
        filing = filing_of("二七云栖府", Module.JOINT)

        assert filing.status == Filing.Status.FILED
        assert timezone.localdate(filing.project.filed_at) == timezone.localdate(filing.filed_at)
        assert filing.receipt.code
        leads = dict(filing.project.parties.values_list("party_type", "lead__name"))
        assert leads == {"owner": "周启明", "contractor": "陈建桥", "supervisor": "李晓楠"}

    def test_erqi_has_one_pending_project_user_and_the_document_officer_has_no_project(self):
        pending = ProjectUser.objects.get(status=ProjectUser.Status.SUBMITTED)

        assert (pending.user.name, pending.project.name) == ("赵敏", "二七云栖府住宅项目")
        assert not ProjectUser.objects.filter(user=account("19900000007")).exists()

    def test_chenjiaji_waits_in_joint_filing_for_its_contractor(self):
        filing = filing_of("谌家矶", Module.JOINT)
        contractor = Enterprise.objects.get(name="湖北楚天宏基建设集团有限公司")

        assert (filing.status, filing.permit_no) == ("pulled", "4201022025110900114BJ4001")
        assert contractor.uscc in filing.uscc_codes
        assert filing in Filing.objects.visible_to(account("19900000007"))

    def test_linjiang_was_an_early_filing_before_its_permit_came(self):
        early, joint = filing_of("临江商务中心", Module.EARLY), filing_of("临江商务中心", Module.JOINT)

        assert (early.status, joint.status) == ("filed", "pulled")
        assert early.project == joint.project

    def test_one_filing_is_returned_with_items(self):
        filing = Filing.objects.get(status=Filing.Status.RETURNED)
        items = DeficiencyItem.objects.filter(review__filing=filing, sent_at__isnull=False)

        assert filing.works_name == "新荣村还建幼儿园"
        assert sorted(items.values_list("section", flat=True)) == ["attachments", "basics", "unit_works"]
        assert filing in Filing.objects.visible_to(account("19900000007"))
        assert filing in Filing.objects.visible_to(account("ja-quality"))

    def test_one_filing_is_under_review_at_jiangan(self):
        review = review_of("后湖", "safety")

        assert review.status == Review.Status.ACCEPTED
        assert (review.assignee, review.station.name) == (account("ja-safety"), "江岸区建筑管理站")
        assert review_of("后湖", "quality").status == Review.Status.WAITING

    def test_one_filing_is_overdue(self):
        for role in ["safety", "quality"]:
            review = review_of("徐家棚", role)
            assert review.status in Review.UNDECIDED
            assert workdays_between(timezone.localdate(), review.due_on) < 0

    def test_one_filing_waits_for_its_second_station(self):
        filing = Filing.objects.get(status=Filing.Status.APPROVED)

        assert (filing.works_name, filing.targets) == ("丹水池老旧厂房改造（一标段）", ["safety"])

    def test_what_was_handed_in_lacked_nothing(self):
        handed_in = Filing.objects.filter(round__gt=0)

        assert handed_in.count() == 8
        # a rule with a source may hold by now because of what was handed in later elsewhere
        lacking = [filing.works_name for filing in handed_in if any(not gap.source for gap in gaps_in(filing))]
        assert lacking == []

    def test_awards_wait_to_be_chosen(self):
        free = AwardRecord.objects.filter(filings=None)

        assert set(free.values_list("works_name", flat=True)) == {"石桥三路小学教学楼", "武汉轨道交通示例线土建一标"}
        assert filing_of("临江商务中心", Module.EARLY).award.award_no == "WHZB-2026-0216"

    def test_every_document_was_checked_and_can_be_looked_at(self):
        documents = Document.objects.exclude(state=Document.State.REMOVED)

        assert set(documents.values_list("state", flat=True)) == {"ready"}
        assert documents.count() >= 50
        assert not documents.filter(media_type="application/pdf", previews=0).exists()
        assert not documents.filter(thumbnail=False).exists()

    def test_things_happened_in_their_order_and_none_in_the_future(self):
        now = timezone.now()
        for review in Review.objects.exclude(accepted_at=None).select_related("filing"):
            moments = [review.filing.created_at, review.filing.submitted_at, review.accepted_at]
            moments += [review.decided_at] if review.decided_at else []
            assert moments == sorted(moments) and moments[-1] <= now

    def test_deeds_are_in_the_audit_trail(self):
        events = set(AuditEntry.objects.values_list("event", flat=True))

        assert {
            "account.created", "enterprise.registered", "filing.submitted", "filing.filed", "filing.withdrawn",
            "review.accepted", "review.approved", "review.returned",
        } <= events  # fmt: skip

    def test_there_are_notices_to_read(self):
        assert Notice.objects.published().count() == 3

    def test_a_second_run_changes_nothing(self):
        before = {model: model.objects.count() for model in COUNTED}

        assert "nothing was changed" in said()
        assert said("--if-empty") == ""
        assert {model: model.objects.count() for model in COUNTED} == before


# Where it may not stand


@pytest.mark.django_db
def test_it_announces_itself_loudly_in_two_languages(monkeypatch):
    monkeypatch.setattr("portal.management.commands.demo.tell_story", lambda: None)

    answer = said()

    for words in ["演示数据 · DEMO DATA", "均为虚构", "Do not enter real data", "Demo@2026!", "ja-quality-chief"]:
        assert words in answer
    assert holds_demo_data()


@pytest.mark.django_db
def test_it_refuses_a_database_with_enterprises_of_its_own():
    make.enterprise()

    with pytest.raises(CommandError, match="holds enterprises of its own"):
        call_command("demo")
    assert not holds_demo_data()
    assert Enterprise.objects.count() == 1


@pytest.mark.django_db
def test_asked_only_for_an_empty_database_it_leaves_another_one_alone():
    make.enterprise()

    assert said("--if-empty") == ""
    assert not holds_demo_data()


@pytest.mark.django_db
def test_it_refuses_a_database_whose_operator_has_the_name_of_its_own():
    make.staff(username="operator", duty="operator")

    with pytest.raises(CommandError, match="accounts with the demo's names"):
        call_command("demo")
    assert not holds_demo_data()


@pytest.mark.django_db
def test_it_is_refused_in_production(settings):
    settings.PRODUCTION = True

    with pytest.raises(CommandError, match="refused in production"):
        call_command("demo")
    with pytest.raises(CommandError, match="refused in production"):
        call_command("demo", "--if-empty")
    assert not holds_demo_data()


@pytest.mark.django_db
def test_without_the_demo_there_are_no_sign_ins():
    assert said("--signins") == ""


@pytest.mark.django_db
def test_a_demo_that_fails_leaves_nothing(monkeypatch):
    def fail(_city):
        raise RuntimeError

    monkeypatch.setattr("portal.management.demo.story.STORY", [(1, "09:00", fail)])

    with pytest.raises(RuntimeError):
        call_command("demo")
    assert not holds_demo_data()
    assert not User.objects.exists() and not Enterprise.objects.exists()


@pytest.mark.django_db
def test_the_clock_goes_back_and_comes_home():
    moment = workdays_ago(5, "09:30")
    with clock_at(moment):
        assert abs((timezone.now() - moment).total_seconds()) < 5
        assert timezone.localdate() == timezone.localdate(moment)
        assert Project.objects.create(name="").created_at < moment + timedelta(minutes=1)

    yesterday, day_before = timezone.localdate() - timedelta(days=1), timezone.localdate(moment) - timedelta(days=1)
    assert workdays_between(day_before, yesterday) == 5
    assert timezone.now() > moment

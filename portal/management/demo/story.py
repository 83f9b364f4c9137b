"""What happened in the demo's city over the past weeks, told in the order in which it happened."""

from collections.abc import Callable

from django.db import transaction
from django.db.models import F

from accounts.models import User
from enterprises.models import Enterprise
from portal.home.models import Notice
from portal.management.demo import works
from portal.management.demo.city import apply, people_the_city
from portal.management.demo.clock import clock_at, workdays_ago
from portal.management.demo.data import NOTICES, SITE
from portal.notifications.models import Message
from projects.actions import approve_application
from projects.models import AwardRecord, Project, ProjectUser
from supervision.actions import (
    accept_review,
    add_item,
    approve_review,
    return_review,
    submit_filing,
    withdraw_filing,
)
from supervision.catalogue import Module
from supervision.gaps import warnings_in
from supervision.models import Filing, Material, Review

BOTH = ("safety", "quality")
JOINT, EARLY, ADVANCE = Module.JOINT, Module.EARLY, Module.ADVANCE


class City:
    """Everybody by name, and the filings by the key of their site and module."""

    enterprises: dict[str, Enterprise]
    people: dict[str, User]
    filings: dict[tuple[str, str], Filing]
    awards: dict[str, AwardRecord]

    def __init__(self) -> None:
        self.enterprises, self.people = people_the_city()
        self.filings, self.awards = {}, {}

    def permit(self, key: str) -> None:
        self.filings[key, JOINT] = works.issue_permit(SITE[key], self.enterprises)

    def award(self, key: str) -> None:
        self.awards[key] = works.announce_award(SITE[key], self.enterprises)

    def draft(self, key: str, module: str, by: str, *, complete: bool = True) -> Filing:
        """Fill a filing in: a new one, or the one that a permit brought. Incomplete: without works and papers."""
        person, site = self.people[by], SITE[key]
        filing = self.filings.get((key, module))
        filing = filing or works.open_filing(module, person, self.awards.get(key) if module == EARLY else None)
        filing = works.fill_in_basics(filing, site, person)
        filing = works.name_parties(filing, site, self.enterprises, person)
        if complete:
            filing = works.list_works(filing, site, person)
            works.attach_materials(filing, site, person)
        self.filings[key, module] = filing
        return filing

    def file(self, key: str, module: str, by: str, *, targets: tuple[str, ...] = BOTH) -> None:
        """Fill in and hand in, with 已核实 for every warning."""
        filing = self.draft(key, module, by)
        warned = [warning.code for warning in warnings_in(filing)]
        person = self.people[by]
        self.filings[key, module] = submit_filing(
            filing, targets=targets, prior_exists=False, acknowledged=warned, by=person
        )

    def apply(self, name: str, key: str) -> None:
        apply(self.people[name], self.filings[key, JOINT].project)

    def admit(self, name: str, by: str) -> None:
        approve_application(ProjectUser.objects.get(user=self.people[name]), by=self.people[by])

    def review(self, key: str, module: str, role: str) -> Review:
        return Review.objects.get(filing=self.filings[key, module], role=role)

    def accept(self, key: str, module: str, officer: str) -> None:
        accept_review(self.review(key, module, role_of(officer)), by=account(officer))

    def approve(self, key: str, module: str, officer: str, opinion: str) -> None:
        review = self.review(key, module, role_of(officer))
        approve_review(review, opinion=opinion, version=review.version, by=account(officer))

    def return_(self, key: str, module: str, officer: str, opinion: str, *items: tuple[str, str, str, str]) -> None:
        """Each item: section, place, reason code, text."""
        review, by = self.review(key, module, role_of(officer)), account(officer)
        for section, place, code, text in items:
            material = Material.objects.filter(pk=place).first() if section == "attachments" else None
            add_item(review, section=section, place=place, material=material, reason_code=code, text=text, by=by)
        return_review(review, opinion=opinion, version=review.version, by=by)


def account(username: str) -> User:
    return User.objects.get(username=username)


def role_of(officer: str) -> str:
    """ "ja-safety" reviews safety."""
    return officer.split("-")[1]


# Working days ago, time of day, what happened.
Chapter = tuple[int, str, Callable[[City], object]]
STORY: list[Chapter] = [
    (30, "09:10", lambda city: city.permit("erqi")),
    (28, "10:20", lambda city: city.file("erqi", JOINT, "吴倩")),
    (27, "09:05", lambda city: city.accept("erqi", JOINT, "ja-safety")),
    (27, "14:40", lambda city: city.accept("erqi", JOINT, "ja-quality")),
    (26, "16:10", lambda city: city.approve("erqi", JOINT, "ja-safety", "资料齐全，同意。请按期办理监督交底。")),
    (25, "11:30", lambda city: city.approve("erqi", JOINT, "ja-quality", "五方授权书和承诺书齐全，同意。")),
    (24, "09:50", lambda city: city.apply("王铁山", "erqi")),
    (23, "14:15", lambda city: city.admit("王铁山", by="陈建桥")),
    (20, "09:30", lambda city: city.award("linjiang")),
    (19, "15:00", lambda city: city.file("linjiang", EARLY, "孙国安")),
    (18, "09:20", lambda city: city.accept("linjiang", EARLY, "wc-safety")),
    (18, "10:05", lambda city: city.accept("linjiang", EARLY, "wc-quality")),
    (17, "16:45", lambda city: city.approve("linjiang", EARLY, "wc-quality", "同意先行介入。")),
    (
        16,
        "11:15",
        lambda city: city.approve("linjiang", EARLY, "wc-safety", "同意先行介入，请按承诺期限补办施工许可。"),
    ),
    (12, "09:10", lambda city: city.permit("linjiang")),
    (12, "09:11", lambda city: city.permit("junshan")),
    (12, "09:12", lambda city: city.permit("donghu")),
    (10, "10:30", lambda city: city.file("xujiapeng", ADVANCE, "刘志勇")),
    (9, "09:40", lambda city: city.accept("xujiapeng", ADVANCE, "wc-safety")),
    (8, "14:20", lambda city: city.file("danshuichi", ADVANCE, "何静", targets=("safety",))),
    (7, "10:00", lambda city: city.accept("danshuichi", ADVANCE, "ja-safety")),
    (7, "15:10", lambda city: city.file("laodongjie", ADVANCE, "郑海波")),
    (6, "09:15", lambda city: city.approve("danshuichi", ADVANCE, "ja-safety", "同意提前服务，请尽快补报质监。")),
    (6, "11:00", lambda city: withdraw_filing(city.filings["laodongjie", ADVANCE], by=city.people["郑海波"])),
    (5, "09:10", lambda city: city.award("zuoling")),
    (5, "09:11", lambda city: city.award("metro")),
    (5, "09:12", lambda city: city.award("shiqiao")),
    (4, "11:20", lambda city: city.draft("zuoling", EARLY, "郑海波", complete=False)),
    (4, "14:50", lambda city: city.file("xinrong", ADVANCE, "吴倩")),
    (3, "09:30", lambda city: city.accept("xinrong", ADVANCE, "ja-quality")),
    (3, "10:10", lambda city: city.accept("xinrong", ADVANCE, "ja-safety")),
    (
        2,
        "15:30",
        lambda city: city.return_(
            "xinrong",
            ADVANCE,
            "ja-quality",
            "请按意见补正后重新提交。",
            ("unit_works", "", "R16", "单位工程面积之和与施工面积不一致。"),
            ("attachments", "M03", "R20", "【提前服务申请表】扫描件不清晰、缺页，请重新上传彩色扫描件。"),
            ("basics", "construction_scale", "", "请补充建筑层数和抗震设防烈度。"),
        ),
    ),
    (2, "16:00", lambda city: city.file("yucai", ADVANCE, "孙国安")),
    (2, "16:30", lambda city: city.apply("赵敏", "erqi")),
    (1, "09:10", lambda city: city.permit("chenjiaji")),
    (1, "10:40", lambda city: city.file("houhu", ADVANCE, "吴倩")),
    (1, "15:20", lambda city: city.accept("houhu", ADVANCE, "ja-safety")),
]


@transaction.atomic
def tell_story() -> None:
    """Make the whole city, all of it or nothing; what it shows happened up to 40 working days ago."""
    with clock_at(workdays_ago(40)):
        city = City()
    for days, clock, happen in STORY:
        with clock_at(workdays_ago(days, clock)):
            happen(city)
    for days, (title, body) in zip((35, 15, 1), NOTICES, strict=True):
        with clock_at(workdays_ago(days, "08:30")):
            Notice.objects.create(title=title, body=body, is_sample=True)
    for model in (Project, Filing):
        model.objects.update(is_sample=True)
    Message.objects.filter(created_at__lt=workdays_ago(3)).update(read_at=F("created_at"))

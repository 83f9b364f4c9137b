"""What waits for somebody, sorted into piles: the numbers on 首页 and the lists of 工作台 are the same querysets."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Case, Q, QuerySet, When
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from enterprises.models import JoinRequest, Member
from enterprises.permissions import administered_by, enterprises_granted
from portal.calendar import add_workdays, today
from portal.written import Written
from projects.models import ProjectUser
from projects.permissions import approvable_by
from supervision.actions.confirming import for_chief
from supervision.catalogue import SYSTEM
from supervision.clock import LIMIT
from supervision.models import Filing, PersonnelChange, Review
from supervision.permissions import changes_waiting_for

Text = str | Promise


@dataclass(frozen=True)
class Pile:
    """Rows of one sort (`sort` names the template that lists them), how many there are, and where the list is."""

    code: str
    label: Text
    sort: str
    find: Callable[[], QuerySet]
    count: int
    tone: str
    icon: str
    empty: Text  # what would appear here
    always: bool = True  # stands on 首页 even when it is empty

    @property
    def rows(self) -> QuerySet:
        return self.find()

    @property
    def url(self) -> str:
        return f"{reverse('workbench')}?show={self.code}"


class Kind(NamedTuple):
    """How a pile is described before it is counted."""

    code: str
    label: Text
    where: Callable[[Any, date], Q]  # of an account, and of the last day that counts as soon
    tone: str
    icon: str
    empty: Text
    always: bool = True


def piles_of(user, *, manages: bool = False, administers: bool = False) -> list[Pile]:
    """The piles of this account, in the order of urgency.

    `manages`: project users to be approved too. `administers`: appointed by an enterprise, so who asks to join it too.
    """
    piles: list[Pile] = []
    if user.is_enterprise_account:
        piles += enterprise_piles(user)
    elif user.is_personal:
        piles += [*counted(user, "filings"), change_pile(user), *([asking_pile(user)] if administers else [])]
    elif not user.duty:
        piles += [*counted(user, "reviews"), confirmation_pile(user)]
    if manages or user.is_enterprise_account:
        piles.append(approval_pile(user))
    return piles


def counted(user: Any, sort: str) -> Iterator[Pile]:
    """One query, written once a day, counts all piles that are parts of the same rows."""
    rows, kinds = SORTS[sort]
    soon = last_soon() if sort == "reviews" else today()
    numbers = numbers_of.raw(sort, user.kind, timezone.localdate(), user=user.pk, soon=soon)[0]
    for kind, number in zip(kinds, numbers, strict=True):
        yield Pile(
            code=kind.code,
            label=kind.label,
            sort=sort,
            find=partial(part_of, rows, kind, user, soon),
            count=number,
            tone=kind.tone if number else "",
            icon=kind.icon,
            empty=kind.empty,
            always=kind.always,
        )


def part_of(rows: Callable[[Any], QuerySet], kind: Kind, user: Any, soon: date) -> QuerySet:
    return rows(user).filter(kind.where(user, soon))


def tallies(rows: QuerySet) -> str:
    """Around rows of yes and no: how often each column says yes."""
    names = [f"is{number}" for number in range(len(rows.query.annotation_select))]
    numbers = ", ".join(f"count(*) FILTER (WHERE {name})" for name in names)
    return f"SELECT {numbers} FROM (%s) AS found ({', '.join(names)})"


def numbers_asked(sort: str, kind: str, day: date, *, user: UUID, soon: date) -> QuerySet:
    """Of each row, in which piles it lies. `day`: whose posts have begun, and what is late."""
    rows, kinds = SORTS[sort]
    somebody = User(pk=user, kind=kind)
    lies = {f"is_{one.code}": Case(When(one.where(somebody, soon), then=True), default=False) for one in kinds}
    return rows(somebody).order_by().values_list(*(lies.values()))


numbers_of = Written(numbers_asked, frame=tallies)


# Applicants


def lies_with(*statuses: str) -> Callable[[Any, date], Q]:
    return lambda user, soon: Q(status__in=statuses)


def may_do(status: str) -> Callable[[Any, date], Q]:
    """What is to be done counts only where they may do it."""
    return lambda user, soon: prepared_by(user) & Q(status=status)


FILING_KINDS = (
    Kind("returned", _("退回补正"), may_do(Filing.Status.RETURNED), "orange", "warn", _("被监督站退回、等待修改的报监会出现在这里。")),
    Kind("supplement", _("待补报"), may_do(Filing.Status.APPROVED), "orange", "inbox", _("只报了安监或质监、还要补报另一监督对象的报监会出现在这里。"), always=False),
    Kind("pulled", _("待完善"), may_do(Filing.Status.PULLED), "blue", "building", _("有施工许可证的项目会自动拉取到这里，补充四项信息后报监。")),
    Kind("draft", _("草稿"), may_do(Filing.Status.DRAFT), "blue", "edit", _("已新建、尚未报监的项目会出现在这里。")),
    Kind("reviewing", _("审核中"), lies_with(Filing.Status.SUBMITTED, Filing.Status.UNDER_REVIEW), "blue", "clock", _("已报监、等待安监站和质监站审核的项目会出现在这里。")),
    Kind("filed", _("报监完毕"), lies_with(Filing.Status.FILED), "green", "check", _("安监、质监都已通过的项目会出现在这里。")),
)  # fmt: skip


def prepared_by(user) -> Q:
    """Which filings this person may prepare: `supervision.permissions.can_prepare` for a whole list."""
    granted = enterprises_granted(user, SYSTEM)
    return Q(enterprise__in=granted.values("pk")) | Q(permit__uscc_codes__overlap=granted.values_list("uscc"))


def change_pile(user) -> Pile:
    """Changes of people: those to which the person's enterprise has yet to agree, and own ones that came back."""
    empty = _("等待您确认的、或被退回的人员变更会出现在这里。")
    return changes_in(changes_of, user, empty)


def changes_of(user) -> QuerySet:
    back = [PersonnelChange.Status.RETURNED, PersonnelChange.Status.DECLINED]
    asked = PersonnelChange.objects.awaiting_consent_of(user)
    return PersonnelChange.objects.filter(Q(pk__in=asked.values("pk")) | Q(status__in=back, created_by=user))


# Stations


def confirmation_pile(user) -> Pile:
    """Changes of people that the officer's station has yet to confirm."""
    empty = _("申请单位提交、等待本站确认的人员变更会出现在这里。")
    return changes_in(changes_waiting_for, user, empty)


def changes_in(rows: Callable[[Any], QuerySet], user: Any, empty: Text) -> Pile:
    count = changes_counted.raw(user.kind, timezone.localdate(), user=user.pk)[0][0]
    tone = "orange" if count else ""
    return Pile("changes", _("人员变更"), "changes", partial(rows, user), count, tone, "user", empty, always=False)


def changes_asked(kind: str, day: date, *, user: UUID) -> QuerySet:
    rows = changes_of if kind == User.Kind.PERSONAL else changes_waiting_for
    return rows(User(pk=user, kind=kind)).order_by().values("pk")


changes_counted = Written(changes_asked, frame=lambda rows: "SELECT count(*) FROM (%s) AS found")


REVIEW_KINDS = (
    Kind("mine", _("我经办"), lambda user, soon: Q(status__in=Review.UNDECIDED, assignee=user), "blue", "inbox", _("您已受理、还没有作出决定的报监会出现在这里。")),
    Kind("queue", _("待领取"), lambda user, soon: Q(status__in=[Review.Status.WAITING, Review.Status.RECHECK], assignee=None), "orange", "people", _("新报监、还没有人受理的项目会出现在这里。")),
    Kind("confirm", _("待确认"), lambda user, soon: for_chief(user), "orange", "check", _("本站人员拟通过、拟不予通过，等您确认的报监会出现在这里。"), always=False),
    Kind("due_soon", _("即将到期"), lambda user, soon: due_between(today(), soon), "orange", "clock", _("办理期限已用去 60% 的审核会出现在这里。"), always=False),
    Kind("overdue", _("已超期"), lambda user, soon: late(today()), "red", "clock", _("超过服务承诺时限还没有办结的审核会出现在这里。")),
    Kind("sent_back", _("已退回"), lambda user, soon: Q(status=Review.Status.RETURNED, assignee=user), "grey", "file", _("您已退回、等待申请单位修改的报监会出现在这里。")),
)  # fmt: skip


def late(today: date) -> Q:
    """Undecided after the promised day; a clock that stands is never late (domain §2.4)."""
    return Q(status__in=Review.UNDECIDED, clock_started_at__isnull=False, due_on__lt=today)


def due_between(day: date, last: date) -> Q:
    """Undecided, with the promised day not over and near: see `last_soon`."""
    return Q(status__in=Review.UNDECIDED, clock_started_at__isnull=False, due_on__range=(day, last))


def last_soon() -> date:
    """The last day that counts as soon: 60 percent of the time of what ends then is used."""
    return add_workdays(today(), LIMIT.hard - LIMIT.target)


# People


def approval_pile(user) -> Pile:
    """Applications that this account may decide: of a project manager, or of the administrator behind them."""
    rows = approvable_by(user).filter(status=ProjectUser.Status.SUBMITTED)
    count = rows.count()
    empty = _("有人申请加入您负责的项目时会出现在这里。")
    label = _("待审核用户")
    return Pile("approvals", label, "approvals", lambda: rows, count, "orange" if count else "", "people", empty)


def enterprise_piles(user) -> list[Pile]:
    """The people of the enterprise: who asks to be added, and who has an account but never came."""
    return [asking_pile(user), *counted(user, "members")]


def asking_pile(user) -> Pile:
    """Who asks to be added to the enterprises of this administrator."""
    requests = JoinRequest.objects.filter(enterprise__in=administered_by(user), handled_at=None)
    count = requests.count()
    empty = _("有人在注册页选择“请经办人添加我”时会出现在这里。")
    tone = "orange" if count else ""
    return Pile("requests", _("加入申请"), "requests", lambda: requests, count, tone, "inbox", empty)


def never_came(user: Any, soon: date) -> Q:
    """The two look alike on every page, or the pages would tell who has an account (enterprises.shown.is_waiting)."""
    status = Member.Status
    return Q(status=status.INVITED) | Q(status=status.ACTIVE, created_account=True, user__last_login=None)


MEMBER_KINDS = (
    Kind("waiting", _("尚未登录"), never_came, "blue", "clock", _("已新建、本人还没有登录过的用户会出现在这里。")),
    Kind("members", _("企业用户"), lies_with(Member.Status.ACTIVE, Member.Status.INVITED), "green", "user", _("新建的企业用户会出现在这里。")),
)  # fmt: skip

# What an account's piles are parts of. The filings are those of the person's enterprises and projects, the reviews those
# of the officer's stations and roles: own, free, proposed to the chief, late.
SORTS: dict[str, tuple[Callable[[Any], QuerySet], tuple[Kind, ...]]] = {
    "filings": (Filing.objects.visible_to, FILING_KINDS),
    "reviews": (Review.objects.visible_to, REVIEW_KINDS),
    "members": (lambda user: Member.objects.filter(enterprise__in=administered_by(user)), MEMBER_KINDS),
}


def order_of(pile: Pile) -> tuple[str, ...]:
    """How its list is sorted: reviews by deadline, people by who waits longest, filings by last change."""
    orders = {
        "reviews": ("due_on", "pk"),
        "approvals": ("applied_at", "pk"),
        "changes": ("due_on", "pk"),
        "requests": ("created_at", "pk"),
        "members": ("-created_at", "-pk"),
    }
    return orders.get(pile.sort, ("-changed_at", "-pk"))


def pile_named(piles: list[Pile], code: str) -> Pile | None:
    """The pile that was asked for, else the first that holds something, else the first."""
    by_code: dict[str, Any] = {pile.code: pile for pile in piles}
    return by_code.get(code) or next((pile for pile in piles if pile.count), piles[0] if piles else None)

"""岗位: operators give, move and end officers' posts. What lies with somebody who leaves goes to the chief."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Delegation, Station, StationPost, Target, User
from portal.audit import record
from portal.audit.actions import masked
from portal.errors import Refused
from portal.notifications import notify
from supervision.actions.assign import IN_HAND, UNTAKEN, Status, put_back
from supervision.actions.deciding import note_decision, require_separate
from supervision.actions.holding import locked_projects, locked_review
from supervision.actions.settle import settle
from supervision.models import Review
from supervision.permissions import chiefs_of, posts_for, tied_among

WITH_SOMEBODY = (*IN_HAND, Status.RETURNED)  # a returned one comes back to whoever has it


def in_hand_of(user: User, station: Station, role: str) -> QuerySet[Review]:
    """What lies with an officer by one post: not decided, or returned and expected back."""
    rows = Review.objects.filter(assignee=user, station=station, role=role, status__in=WITH_SOMEBODY)
    return rows.select_related("filing", "version").order_by("due_on", "pk")


def heirs_of(post: StationPost) -> list[User]:
    """The other chiefs of the post's station and role: who gets what lies with its officer."""
    chiefs = posts_for(post.station, post.role).filter(is_chief=True).exclude(user=post.user_id)
    return list(User.objects.filter(pk__in=chiefs.values("user")).order_by("name", "pk"))


@transaction.atomic
def give_post(user: User, *, station: Station, role: str, is_chief: bool, first_day: date, by: User) -> StationPost:
    """A post from its first day on. Refused where the officer holds the same one already."""
    officer = locked_officer(user, by=by)
    if first_day < timezone.localdate():
        raise Refused(_("任职日期不能早于今天。"))
    same = StationPost.objects.filter(user=officer, station=station, role=role)
    if same.filter(Q(ended_at=None) | Q(ended_at__gt=beginning(first_day))).exists():
        raise Refused(
            _("%(name)s在该站已有%(role)s岗位，不需要再次任命。") % {"name": officer.name, "role": Target(role).label}
        )
    post = StationPost.objects.create(user=officer, station=station, role=role, is_chief=is_chief, since=first_day)
    record("station.post_given", post, by=by, role=role, chief=is_chief, first_day=first_day)
    notify([officer], "officer.post_given", about=post, link=reverse("home"), post=post)
    return post


@transaction.atomic
def end_post(post: StationPost, *, last_day: date | None, reason: str, by: User) -> StationPost:
    """End a post at once, or with the end of a day; that day may be changed until then.

    The right ends by itself at that moment, in every open session. What lies with the officer goes to the chief: at
    once, or when the day is over.
    """
    locked_officer(post.user, by=by)
    post = (
        StationPost.objects.select_for_update(of=("self",), no_key=True)
        .select_related("user", "station")
        .get(pk=post.pk)
    )
    if post.is_over:
        raise Refused(_("该岗位已经结束，不需要再次办理。"))
    if not reason.strip():
        raise Refused(_("请填写原因。"))
    if last_day is not None and last_day < max(post.since, timezone.localdate()):
        raise Refused(_("最后任职日期不能早于今天和任职日期；需要立即结束的，请不要填写日期。"))
    post.ended_at = beginning(last_day + timedelta(days=1)) if last_day else timezone.now()
    post.ended_by = by
    post.save(update_fields=["ended_at", "ended_by"])
    record("station.post_ended", post, by=by, role=post.role, last_day=post.last_day, reason=masked(reason.strip()))
    end_delegations_after(post, by=by)
    told = {user.pk: user for user in (post.user, *chiefs_of(post.station, post.role))}
    notify(list(told.values()), "officer.post_ended", about=post, link=reverse("home"), post=post)
    if last_day is None:
        hand_on(post)
    return post


@transaction.atomic
def move_post(
    post: StationPost, *, station: Station, role: str, is_chief: bool, first_day: date, reason: str, by: User
) -> StationPost:
    """调岗: the new post begins on a day, and the old one ends with the day before, today's at once."""
    if (station.pk, role) == (post.station_id, post.role):
        raise Refused(_("请选择另一个监督机构或另一项职责。"))
    today = timezone.localdate()
    end_post(post, last_day=None if first_day <= today else first_day - timedelta(days=1), reason=reason, by=by)
    return give_post(post.user, station=station, role=role, is_chief=is_chief, first_day=first_day, by=by)


def locked_officer(user: User, *, by: User) -> User:
    """The officer's account, so that two operators do not change his posts at once; 404 for all but operators."""
    if not by.is_operator:
        raise Http404
    officer = User.objects.select_for_update(of=("self",), no_key=True).get(pk=user.pk)
    if officer.kind != User.Kind.STAFF or officer.duty:
        raise Http404
    return officer


def beginning(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def end_delegations_after(post: StationPost, *, by: User) -> None:
    """代办 of and for the officer that reaches beyond the post is over with it, unless another post carries it."""
    others = StationPost.objects.filter(Q(ended_at=None) | Q(ended_at__gt=post.ended_at), user=post.user)
    rows = Delegation.objects.filter(Q(officer=post.user) | Q(delegate=post.user), ended_at=None)
    if post.last_day and not post.is_over:
        rows = rows.filter(first_day__gt=post.last_day)
    if others.exists():
        return
    for row in rows.select_for_update(of=("self",), no_key=True).select_related("officer"):
        row.ended_at = timezone.now()
        row.save(update_fields=["ended_at"])
        record("officer.delegation_ended", row.officer, by=by, to=row.delegate_id)


def hand_on(post: StationPost) -> int:
    """Give what still lies with the officer to the chief; what no chief may have waits for anybody. Returns how many.

    Done for whoever ended the post. Nothing that is decided changes, and neither does a clock.
    """
    rows = in_hand_of(post.user, post.station, post.role)
    locked_projects(rows.values_list("filing__project", flat=True))
    heirs: list[User] = heirs_of(post)
    given: dict[User | None, list[Review]] = {}
    for pk in rows.values_list("pk", flat=True):
        _filing, review = locked_review(pk)
        if review.assignee_id == post.user_id and review.status in WITH_SOMEBODY:
            heir = first_free(heirs, review)
            give_to(review, heir, post)
            given.setdefault(heir, []).append(review)
    tell_of(given, post)
    return sum(map(len, given.values()))


def first_free(heirs: Iterable[User], review: Review) -> User | None:
    """The first chief who has no ties to the filing and does not review its other role."""
    barred = tied_among([heir.pk for heir in heirs], review)
    return next((heir for heir in heirs if heir.pk not in barred and may_have(heir, review)), None)


def may_have(officer: User, review: Review) -> bool:
    try:
        require_separate(review, officer)
    except Refused:
        return False
    return True


def give_to(review: Review, heir: User | None, post: StationPost) -> None:
    was, filing = review.assignee_id, review.filing
    if heir is None and review.status in (*UNTAKEN, Status.ACCEPTED):
        put_back(review)
    else:
        review.assignee = heir
        review.save(update_fields=["assignee"])
    if post.ended_by:
        words = _("原审核员不再任该岗位，转站长。") if heir else _("原审核员不再任该岗位，退回待领取。")
        note_decision(review, "assign" if heir else "release", words, by=post.ended_by)
    now = heir.pk if heir else None
    record("review.assigned", review, by=post.ended_by, filing=filing.number, role=review.role, was=was, now=now)
    settle(filing, by=post.ended_by)


def tell_of(given: dict[User | None, list[Review]], post: StationPost) -> None:
    """One message each, not one for each filing."""
    for heir, reviews in given.items():
        told = [heir] if heir else heirs_of(post)
        facts = {"post": post, "count": len(reviews), "taken": heir is not None}
        notify(told, "officer.handed_over", about=post, link=reverse("review:list"), **facts)


def hand_on_after_posts() -> int:
    """What still lies with people whose post is over, because its day passed or they took it up at that moment."""
    same = {"user": OuterRef("user"), "station": OuterRef("station"), "role": OuterRef("role")}
    lying = Review.objects.filter(
        assignee=OuterRef("user"), station=OuterRef("station"), role=OuterRef("role"), status__in=WITH_SOMEBODY
    )
    left = StationPost.objects.over().filter(Exists(lying)).exclude(Exists(StationPost.objects.held().filter(**same)))
    count = 0
    for post in left.select_related("user", "station", "ended_by").order_by("-ended_at"):
        with transaction.atomic():
            count += hand_on(post)
    return count

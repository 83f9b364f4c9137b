"""What every page is framed with: names of the platform, menu, counts, and who is signed in.

A visitor's page asks the database nothing (where the demo's banner is possible, once); the page of somebody who is
signed in asks one question, and a few more for people who may be managing a project. Nothing is asked until a
template looks.
"""

from collections.abc import Callable
from datetime import date
from functools import cache
from hashlib import md5
from typing import Any, NamedTuple, cast
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, JSONObject
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.middleware import sort_of
from accounts.models import StationPost, User
from enterprises.models import Member
from portal.demo import MARKER, holds_demo_data
from portal.links import link_to
from portal.notifications.kinds import Area
from portal.notifications.models import Message, MessageQuerySet
from portal.numbers import NumberSeries
from portal.written import written
from projects.models import ActingLead, ProjectGrant, ProjectParty, ProjectUser
from projects.permissions import is_manager
from projects.places import chosen_among, places_asked, places_in

TEXT_SIZES = ("standard", "large", "xlarge")


def frame(request: HttpRequest) -> dict[str, Any]:
    """The context processor. What needs the database is a function that the template calls once it is there."""
    seen = (lambda: facts(request)) if is_signed_in(request) else None
    return {
        "platform": platform(),
        "text_size": text_size_of(request),
        "demo_banner": demo_banner(seen),
        "menu": cache(lambda: menu_of(request)) if seen else [],
        "unread": (lambda: seen()["unread"]) if seen else 0,
        "stamp": (lambda: stamp_of(seen())) if seen else "",
        "person": cache(lambda: person_of(request)) if seen else None,
        "places": cache(lambda: places_shown(request)) if seen else None,
        "idle": settings.SESSION_IDLE[sort_of(who(request))] if seen else 0,
    }


def platform() -> dict[str, Any]:
    """Who runs this platform, as the settings say."""
    return {
        "name": settings.PLATFORM_NAME,
        "short_name": settings.PLATFORM_SHORT_NAME,
        "city": settings.PLATFORM_CITY,
        "authority": settings.AUTHORITY_NAME,
        "support_contact": settings.SUPPORT_CONTACT,
        "record_numbers": settings.RECORD_NUMBERS,
    }


def is_signed_in(request: HttpRequest) -> bool:
    user = getattr(request, "user", None)
    return user is not None and user.is_authenticated


def who(request: HttpRequest) -> User:
    """The account of a page that only people who are signed in get to see."""
    return cast(User, request.user)


def text_size_of(request: HttpRequest) -> str:
    """标准, 大 or 特大, as the visitor chose on this device."""
    size = request.COOKIES.get("text_size", "")
    return size if size in TEXT_SIZES else TEXT_SIZES[0]


def demo_banner(seen: Callable[[], dict] | None) -> bool | Callable[[], bool]:
    if not settings.DEMO_BANNER:
        return False
    return (lambda: seen()["demo"]) if seen else cache(holds_demo_data)


def facts(request: HttpRequest) -> dict[str, Any]:
    """What the frame knows about whoever is signed in, asked once for a request."""
    if not hasattr(request, "frame_facts"):
        request.frame_facts = facts_of(request.user)  # type: ignore[attr-defined]
    return request.frame_facts  # type: ignore[attr-defined]


def facts_of(user) -> dict[str, Any]:
    """All that the frame must know about an account, in one query, which is written once a day."""
    return question(timezone.localdate(), user=user.pk)[0]


@written
def question(day: date, *, user: UUID):
    """`day`: whose deputies count."""
    rows = all_facts(day)
    return User.objects.filter(pk=user).values(**rows)


def all_facts(day: date) -> dict[str, Any]:
    mine = {"user": OuterRef("pk")}
    memberships = Member.objects.filter(**mine, status=Member.Status.ACTIVE)
    posts = StationPost.objects.held().filter(**mine)
    applications = ProjectUser.objects.filter(**mine)
    return {
        **news(),
        "demo": Exists(NumberSeries.objects.filter(series=MARKER)),
        "is_member": Exists(memberships),
        "has_post": Exists(posts),
        "has_applied": Exists(applications),
        "is_approved": Exists(applications.filter(status=ProjectUser.Status.APPROVED)),
        "leads": Exists(ProjectParty.objects.filter(lead=OuterRef("pk"), ended_at=None))
        | Exists(ActingLead.objects.in_force(day).filter(user=OuterRef("pk"))),
        "has_grant": Exists(ProjectGrant.objects.filter(**mine)),
        "administers": Exists(memberships.filter(appointments__isnull=False, appointments__ended_at=None)),
        "employer": first_of(memberships, "enterprise__name"),
        "site": first_of(applications, "enterprise__name"),
        "station": first_of(posts, "station__name"),
        **places_asked(),
    }


def news() -> dict[str, Any]:
    """What a page looks for again and again: the bell's count, the badges, and when anything last changed."""
    all_messages = Message.objects.all()
    areas = {area.value: Count("pk", filter=Q(area=area)) for area in Area}
    return {
        "unread": Coalesce(found_in(all_messages.unread(), Count("pk")), 0),
        "asked": found_in(all_messages.asking(), JSONObject(**areas)),
        "told_at": latest(all_messages, "created_at"),
        "done_at": latest(all_messages.exclude(handled_at=None), "handled_at"),
    }


def found_in(messages: MessageQuerySet, what: Any) -> Subquery:
    """One value over those of the messages that are the account's."""
    mine = messages.filter(user=OuterRef("pk")).order_by().values("user")
    return Subquery(mine.annotate(found=what).values("found"))


def latest(messages: MessageQuerySet, moment: str) -> Subquery:
    """When the last of the account's messages was told or handled: the end of an index, where Max() reads them all."""
    return Subquery(messages.filter(user=OuterRef("pk")).order_by(f"-{moment}").values(moment)[:1])


def stamp_of(seen: dict[str, Any]) -> str:
    """Changes whenever something was told or handled, or a count moved."""
    known = (seen["unread"], sorted((seen["asked"] or {}).items()), seen["told_at"], seen["done_at"])
    return md5(str(known).encode(), usedforsecurity=False).hexdigest()[:16]


def first_of(rows, field: str) -> Subquery:
    return Subquery(rows.order_by("pk").annotate(first=F(field)).values("first")[:1])


def administers(request: HttpRequest) -> bool:
    """Whether an enterprise appointed this person as administrator."""
    return bool(facts(request)["administers"])


def manages_projects(request: HttpRequest) -> bool:
    """Whether 项目管理 stands in the menu; the rule itself is asked only where something speaks for it."""
    seen = facts(request)
    if "manages" not in seen:
        spoken_for = who(request).is_personal and (seen["leads"] or seen["has_grant"])
        seen["manages"] = spoken_for and is_manager(who(request))
    return seen["manages"]


def only_applies(request: HttpRequest) -> bool:
    """Somebody whose only tie is an application that nobody has agreed to sees its progress and nothing else."""
    seen = facts(request)
    return who(request).is_personal and seen["has_applied"] and not (seen["is_approved"] or seen["is_member"])


def person_of(request: HttpRequest) -> dict[str, str]:
    """The name in the top bar, and in which capacity."""
    user, seen = who(request), facts(request)
    duty = user.get_duty_display() if user.duty else ""
    current = places_shown(request)["current"]
    sub = (current and current.name) or seen["station"] or seen["employer"] or seen["site"] or duty
    return {
        "name": user.name,
        "sub": _("企业管理员账号") if user.is_enterprise_account else sub,
        "url": address("accounts:account"),
        "exports_url": address("exports:list") if has_lists(request) else "",
        "recent_url": address("recent") if has_lists(request) else "",
        "enterprises_url": address("enterprises:invitations") if user.is_personal else "",
    }


def places_shown(request: HttpRequest) -> dict[str, Any]:
    """For whom the person acts now, and for whom else they may; nothing to choose with fewer than two places."""
    places = places_in(facts(request))
    current = chosen_among(places, request)
    choice = [{"place": place, "current": place == current} for place in places]
    return {"current": current, "choice": choice if len(places) > 1 else []}


def has_lists(request: HttpRequest) -> bool:
    """Whether there is a list that this account could export."""
    return (who(request).is_personal and not only_applies(request)) or facts(request)["has_post"]


class Entry(NamedTuple):
    """A word of the top menu, the name of its page, and addresses that also belong to it."""

    label: str
    page: str
    also: tuple[str, ...] = ()
    area: Area | None = None  # whose open matters its badge counts


def menu_of(request: HttpRequest) -> list[dict[str, Any]]:
    """The top menu. An entry stands there only for those who may open it."""
    shown = [(entry, address(entry.page)) for entry in entries_of(request)]
    asked = facts(request)["asked"] or {}
    return [
        {
            "label": entry.label,
            "url": url,
            "current": request.path.startswith((url, *entry.also)),
            "area": entry.area.value if entry.area else "",
            "badge": asked.get(entry.area.value, 0) if entry.area else 0,
        }
        for entry, url in shown
        if url
    ]


def entries_of(request: HttpRequest) -> list[Entry]:
    """What this account works with, in the order of the guide's screens."""
    user = who(request)
    if only_applies(request):
        return [Entry(_("申请进度"), "projects:applications")]
    stands = [
        (True, Entry(_("首页"), "home", area=Area.HOME)),
        (not user.duty, Entry(_("工作台"), "workbench")),
        (facts(request)["has_post"], Entry(_("审核"), "review:list", area=Area.REVIEW)),
        (not user.duty, Entry(_("应用中心"), "apps", ("/filing/",))),
        (manages_projects(request), Entry(_("项目管理"), "projects:approvals", area=Area.PROJECTS)),
        (
            user.is_enterprise_account or administers(request),
            Entry(_("平台管理"), "enterprises:list", ("/projects/approvals/",), Area.PLATFORM),
        ),
        (user.is_operator, Entry(_("运营管理"), "console")),
        (user.is_operator, Entry(_("字典维护"), "admin:index")),
        (user.is_auditor, Entry(_("审计记录"), "audit:list")),
    ]
    return [entry for stands_there, entry in stands if stands_there]


def address(name: str, *args: Any) -> str:
    """The address of a page, "" where this site has none by the name."""
    try:
        if not args or len(args) == 1 and isinstance(args[0], UUID):
            return link_to(name, *args)
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""

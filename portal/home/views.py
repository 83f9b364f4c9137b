"""The pages everybody shares: 登录, 注册, 首页, 工作台, 应用中心, 消息, 通知公告."""

from functools import wraps

from django.conf import settings
from django.contrib import messages as said
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.signin import handle_sign_in, safe_next
from enterprises.models import BusinessSystem
from enterprises.permissions import administered_by
from portal.home.alerts import alerts_of
from portal.home.audience import newest_for, readable_by
from portal.home.context import TEXT_SIZES, administers, manages_projects, only_applies, who
from portal.home.inbox import EMPTY, inbox_of, label_of, lines_of, mark_read
from portal.home.piles import pile_named, piles_of
from portal.home.places import recently_opened
from portal.home.publishing import hide_notice, is_hidden, show_notice
from portal.home.rows import shown_rows, with_rows
from portal.home.systems import FILING, WILL_DO, doors_of, enter
from portal.notifications.models import Message
from portal.pages import page_of

YEAR = 365 * 24 * 3600


def for_insiders(view):
    """Whoever only waits for the answer to an application is led to its progress (decisions 16)."""

    @wraps(view)
    def led(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if only_applies(request):
            return redirect("projects:applications")
        return view(request, *args, **kwargs)

    return led


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """That the process answers; asks nothing else."""
    return HttpResponse("ok", content_type="text/plain")


# Visitors


@login_not_required
@never_cache
def landing(request: HttpRequest) -> HttpResponse:
    """Where everything begins: the platform's name, notices and the sign-in card."""
    if request.user.is_authenticated:
        return redirect("home")
    context, response = handle_sign_in(request)
    return response or render(request, "home/landing.html", context | {"notices": newest_for(None)})


@login_not_required
@require_safe
def register(request: HttpRequest) -> HttpResponse:
    """注册: which of the two it is, and what to have at hand."""
    return render(request, "home/register.html")


@login_not_required
@require_safe
def notices(request: HttpRequest) -> HttpResponse:
    page = page_of(request, readable_by(request.user))
    return render(request, "home/notices.html", {"page": page, "layout": layout(request)})


@login_not_required
@require_safe
def notice(request: HttpRequest, pk) -> HttpResponse:
    """One notice, for visitors too if it is public; a withdrawn one is gone."""
    row = get_object_or_404(readable_by(request.user), pk=pk)
    hidden = request.user.is_authenticated and is_hidden(row, request.user)
    return render(request, "home/notice.html", {"notice": row, "layout": layout(request), "hidden": hidden})


@require_POST
def notice_hide(request: HttpRequest, pk) -> HttpResponse:
    """不再显示 on one's own 首页, and back with `show`."""
    row = get_object_or_404(readable_by(request.user), pk=pk)
    if "show" in request.POST:
        show_notice(row, by=who(request))
        said.success(request, _("这条公告会重新出现在首页。"))
    else:
        hide_notice(row, by=who(request))
        said.success(request, _("这条公告不再出现在您的首页，仍可在“全部公告”中查看和恢复。"))
    return redirect("home")


def layout(request: HttpRequest) -> str:
    return "base.html" if request.user.is_authenticated else "public.html"


@login_not_required
@require_POST
def text_size(request: HttpRequest) -> HttpResponse:
    """文字大小, kept on this device for a year."""
    response = redirect(safe_next(request, request.POST.get("next", "")) or "landing")
    if (size := request.POST.get("size", "")) in TEXT_SIZES:
        response.set_cookie("text_size", size, max_age=YEAR, samesite="Lax", secure=settings.PRODUCTION)
    return response


# 首页 and 工作台


@require_safe
@for_insiders
def home(request: HttpRequest) -> HttpResponse:
    """首页: what is urgent, what waits, the systems, the notices."""
    piles = piles_of(request.user, manages=manages_projects(request), administers=administers(request))
    context = {
        "greeting": greeting(),
        "today": timezone.localdate(),
        "piles": [pile for pile in piles if pile.always or pile.count],
        "alerts": alerts_of(request.user, piles),
        "nothing": nothing_wrong(request.user),
        "doors": [] if who(request).duty else doors_of(request.user),
        "notices": newest_for(who(request)),
    }
    return render(request, "home/home.html", context)


def greeting() -> str:
    hour = timezone.localtime().hour
    for until, words in ((5, _("夜深了")), (9, _("早上好")), (12, _("上午好")), (14, _("中午好")), (18, _("下午好"))):
        if hour < until:
            return words
    return _("晚上好")


def nothing_wrong(user) -> str:
    """What would stand under 预警消息, for this sort of account."""
    if user.is_enterprise_account:
        return _("等待超过三天的项目用户申请会出现在这里。")
    if user.is_personal:
        return _("被退回的报监、久未审核的项目用户申请和企业的加入邀请会出现在这里。")
    if user.is_operator:
        return _("需要平台运营处理的事项会出现在这里，如尚未录入的节假日安排。")
    return _("即将到期和已超期的审核会出现在这里。")


@require_safe
@for_insiders
def workbench(request: HttpRequest) -> HttpResponse:
    """工作台: the piles as tabs, and the rows of one of them."""
    piles = piles_of(request.user, manages=manages_projects(request), administers=administers(request))
    pile = pile_named(piles, request.GET.get("show", ""))
    if pile is None:
        return render(request, "home/workbench.html", {"pile": None, "lines": []})
    page = page_of(request, with_rows(pile))
    tabs = [
        {"label": other.label, "url": other.url, "current": other is pile, "badge": other.count, "tone": other.tone}
        for other in piles
    ]
    context = {
        "pile": pile,
        "page": page,
        "rows": shown_rows(pile, page.rows, request.user),
        "tabs": tabs,
        "template": f"home/_{pile.sort}.html",
        "lines": recently_opened(request),
    }
    return render(request, "home/workbench.html", context)


# 应用中心


@require_safe
@for_insiders
def apps(request: HttpRequest) -> HttpResponse:
    """应用中心: the seven systems, each with what stands at its door."""
    enterprise = administered_by(request.user).first()
    doors = doors_of(request.user)
    files = who(request).is_personal and any(door.system.pk == FILING and door.is_authorised for door in doors)
    return render(request, "home/apps.html", {"doors": doors, "enterprise": enterprise, "files": files})


@require_safe
@for_insiders
def app(request: HttpRequest, code: str) -> HttpResponse:
    """The door of a system: through it, or to the page that says what the system will do."""
    system = get_object_or_404(BusinessSystem, pk=code)
    if url := enter(request.user, system):
        return redirect(url)
    return render(request, "home/system.html", {"system": system, "will_do": WILL_DO.get(code, [])})


# 消息


@require_safe
def messages(request: HttpRequest) -> HttpResponse:
    form, shown, rows, tabs = inbox_of(request)
    for tab in tabs:
        query = request.GET.copy()
        query.pop("page", None)
        query["show"] = tab["code"]
        tab["url"] = f"?{query.urlencode()}"
    page = page_of(request, rows.defer("body"))
    lines = lines_of(page.rows)
    context = {"form": form, "shown": shown, "page": page, "lines": lines, "tabs": tabs, "empty": EMPTY[shown]}
    return render(request, "home/messages.html", context)


@require_POST
def messages_read(request: HttpRequest) -> HttpResponse:
    """全部已读."""
    count = mark_read(Message.objects.of(request.user).unread())
    said.success(request, _("%(count)d 条消息已标为已读。") % {"count": count})
    return redirect("messages")


def message_open(request: HttpRequest, pk) -> HttpResponse:
    """A message. Looking changes nothing; the post of the list's button marks it read and leads here."""
    message = get_object_or_404(Message.objects.of(request.user), pk=pk)
    if request.method == "POST":
        mark_read(Message.objects.of(request.user).filter(pk=message.pk))
        return redirect("message-open", pk=message.pk)
    link = safe_next(request, message.link)
    context = {"message": message, "kind": label_of(message.event), "link": link}
    return render(request, "home/message.html", context)

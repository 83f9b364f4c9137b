"""审核人员: who reviews where, and a new officer's account with the link that sets its password.

Only officers are made here. Operators and auditors come from `manage.py operator`, so that nobody who works in the
console can give himself a second duty (product §1).
"""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import transaction
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts.actions import create_staff
from accounts.models import Station, StationPost, Target, User
from accounts.recovery import LINK_HOURS, one_time_token
from portal.audit.models import AuditEntry
from portal.audit.names import event_name
from portal.console.gates import for_operators
from portal.forms import DateInput, PersonNameField, PortalForm, posted
from portal.home.context import who
from portal.once import once
from portal.pages import page_of
from supervision.actions import end_post, give_post, move_post
from supervision.actions.posts import heirs_of, in_hand_of


class OfficerForm(PortalForm):
    """A person of a station, and what he reviews there."""

    name = PersonNameField(label=_("姓名"))
    username = forms.CharField(
        label=_("账号"),
        min_length=3,
        max_length=40,
        validators=[RegexValidator(r"^[a-z][a-z0-9.-]*\Z", _("账号以小写字母开头，只含小写字母、数字、点和连字符。"))],
        help_text=_("在管理端登录时输入，设定后不能更改。"),
    )
    station = forms.ModelChoiceField(
        label=_("监督机构"),
        queryset=Station.objects.filter(is_active=True).order_by("name"),
        empty_label=_("请选择"),
    )
    roles = forms.MultipleChoiceField(label=_("职责"), choices=Target.choices, widget=forms.CheckboxSelectMultiple)
    is_chief = forms.BooleanField(label=_("站长"), required=False)

    def clean_username(self) -> str:
        username = self.cleaned_data["username"]
        if User.objects.filter(username=username).exists():
            raise ValidationError(_("这个账号已被使用，请换一个。"))
        return username


class PostForm(PortalForm):
    """Where somebody reviews what, and from which day on."""

    station = forms.ModelChoiceField(
        label=_("监督机构"),
        queryset=Station.objects.filter(is_active=True).order_by("name"),
        empty_label=_("请选择"),
    )
    role = forms.ChoiceField(label=_("职责"), choices=Target)
    is_chief = forms.BooleanField(label=_("站长"), required=False)
    first_day = forms.DateField(label=_("任职日期"), initial=timezone.localdate, widget=DateInput())


class MoveForm(PostForm):
    """调岗."""

    reason = forms.CharField(label=_("原因"), max_length=200)


class EndForm(PortalForm):
    """结束岗位: at once, or with a day."""

    last_day = forms.DateField(
        label=_("最后任职日期"),
        required=False,
        widget=DateInput(),
        help_text=_("不填则立即结束。填写的，当天仍可办理，次日零时失去权限。"),
    )
    reason = forms.CharField(label=_("原因"), max_length=200)


@transaction.atomic
def appoint_officer(
    *, name: str, username: str, station: Station, roles: list[str], is_chief: bool, by: User
) -> tuple[User, str]:
    """A new staff account with its posts from today on, and the token of the link that sets its password."""
    user = create_staff(username=username, name=name, by=by)
    for role in roles:
        give_post(user, station=station, role=role, is_chief=is_chief, first_day=timezone.localdate(), by=by)
    return user, one_time_token(user, by=by)


@require_safe
@for_operators
def officer_list(request: HttpRequest) -> HttpResponse:
    """Everybody with a post, by name of the account."""
    posts = StationPost.objects.held().select_related("station").order_by("station__name", "role")
    held = Prefetch("station_posts", queryset=posts, to_attr="held")
    people = User.objects.filter(kind=User.Kind.STAFF, duty="").prefetch_related(held).order_by("username")
    return render(request, "console/officers.html", {"page": page_of(request, people)})


@for_operators
def officer_new(request: HttpRequest) -> HttpResponse:
    """The form, and once it is sent the link: it is shown this one time and kept nowhere."""
    form = OfficerForm(**posted(request))
    if not form.is_valid():
        return render(request, "console/officer_new.html", {"form": form})
    given: dict[str, Any] = form.cleaned_data
    user, token = appoint_officer(**given, by=who(request))
    link = request.build_absolute_uri(reverse("accounts:operator", args=[token]))
    return render(request, "console/officer_made.html", {"officer": user, "link": link, "hours": LINK_HOURS})


# One officer: posts, what lies with him by each, and how they are given, moved and ended


def officers() -> Any:
    return User.objects.filter(kind=User.Kind.STAFF, duty="")


@require_safe
@for_operators
def officer_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The posts of one officer with what lies with him, and what was done about them."""
    officer = get_object_or_404(officers(), pk=pk)
    posts = list(officer.station_posts.select_related("station", "user").order_by("-since", "-pk"))
    entries = AuditEntry.objects.filter(
        subject_type=StationPost._meta.label_lower, subject_id__in=[str(post.pk) for post in posts]
    ).order_by("-id")[:50]
    context = {
        "officer": officer,
        "posts": [{"post": post, "state": state_of(post)} for post in posts],
        "hand": [
            review for post in posts if not post.is_over for review in in_hand_of(officer, post.station, post.role)
        ],
        "history": [{"entry": entry, "name": event_name(entry.event)} for entry in entries],
    }
    return render(request, "console/officer.html", context)


def state_of(post: StationPost) -> dict[str, Any]:
    """In a word, and whether anything can still be done about it."""
    if post.is_over:
        return {"text": _t("已结束"), "tone": "grey", "is_open": False}
    if post.since > timezone.localdate():
        return {"text": _t("待任职"), "tone": "blue", "is_open": True}
    if post.ended_at:
        return {"text": _t("在任，已定离任日期"), "tone": "orange", "is_open": True}
    return {"text": _t("在任"), "tone": "green", "is_open": True}


@for_operators
@once
def post_new(request: HttpRequest, pk: UUID) -> HttpResponse:
    """增加岗位."""
    officer = get_object_or_404(officers(), pk=pk)
    form = PostForm(**posted(request))
    if form.is_valid():
        give_post(officer, **form.cleaned_data, by=who(request))
        messages.success(request, _t("岗位已任命，本人会收到通知。"))
        return redirect("officer", officer.pk)
    return render(request, "console/post_new.html", {"form": form, "officer": officer})


@for_operators
@once
def post_move(request: HttpRequest, pk: int) -> HttpResponse:
    """调岗: says first who gets what lies with the officer."""
    post = open_post(pk)
    form = MoveForm(**posted(request))
    if form.is_valid():
        move_post(post, **form.cleaned_data, by=who(request))
        messages.success(request, _t("调岗已办理，本人和站长会收到通知。"))
        return redirect("officer", post.user_id)
    return render(request, "console/post_move.html", {"form": form} | leaving(post))


@for_operators
@once
def post_end(request: HttpRequest, pk: int) -> HttpResponse:
    """结束岗位: says first who gets what lies with the officer."""
    post = open_post(pk)
    form = EndForm(**posted(request))
    if form.is_valid():
        end_post(post, **form.cleaned_data, by=who(request))
        messages.success(request, _t("岗位的结束已办理，本人和站长会收到通知。"))
        return redirect("officer", post.user_id)
    return render(request, "console/post_end.html", {"form": form} | leaving(post))


def open_post(pk: int) -> StationPost:
    return get_object_or_404(StationPost.objects.select_related("user", "station"), pk=pk, user__in=officers())


def leaving(post: StationPost) -> dict[str, Any]:
    """What lies with the officer by this post, and the chiefs who get it."""
    hand = list(in_hand_of(post.user, post.station, post.role))
    return {"post": post, "officer": post.user, "hand": hand, "heirs": heirs_of(post)}

"""审核人员: who reviews where, and a new officer's account with the link that sets its password.

Only officers are made here. Operators and auditors come from `manage.py operator`, so that nobody who works in the
console can give himself a second duty (product §1).
"""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import transaction
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts.actions import create_staff
from accounts.models import Station, StationPost, Target, User
from accounts.recovery import LINK_HOURS, one_time_token
from portal.audit import record
from portal.console.gates import for_operators
from portal.forms import PersonNameField, PortalForm, posted
from portal.home.context import who
from portal.pages import page_of


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
        label=_("监督机构"), queryset=Station.objects.filter(is_active=True).order_by("name")
    )
    roles = forms.MultipleChoiceField(label=_("职责"), choices=Target.choices, widget=forms.CheckboxSelectMultiple)
    is_chief = forms.BooleanField(label=_("站长"), required=False)

    def clean_username(self) -> str:
        username = self.cleaned_data["username"]
        if User.objects.filter(username=username).exists():
            raise ValidationError(_("这个账号已被使用，请换一个。"))
        return username


@transaction.atomic
def appoint_officer(
    *, name: str, username: str, station: Station, roles: list[str], is_chief: bool, by: User
) -> tuple[User, str]:
    """A new staff account with its posts from today on, and the token of the link that sets its password."""
    user = create_staff(username=username, name=name, by=by)
    for role in roles:
        post = StationPost.objects.create(user=user, station=station, role=role, is_chief=is_chief)
        record("station.post_given", post, by=by, role=role, chief=is_chief)
    return user, one_time_token(user, by=by)


@require_safe
@for_operators
def officer_list(request: HttpRequest) -> HttpResponse:
    """Everybody with a post, by name of the account."""
    posts = StationPost.objects.filter(ended_at=None).select_related("station").order_by("station__name", "role")
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

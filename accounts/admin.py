"""The Django admin: dictionaries, for platform operators, with every save recorded (decisions 25)."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.db import models
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from accounts.models import Station, StationPost, StationRole
from accounts.signin import STAFF, landing_with, safe_next
from accounts.views.own import signout
from portal.audit.actions import record


@login_not_required
def portal_sign_in(request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
    """The admin has no sign-in of its own: the portal's asks for the second factor and counts guesses."""
    if request.user.is_authenticated:
        raise PermissionDenied(_("只有平台运营人员可以维护字典。"))
    return redirect(landing_with(side=STAFF, next=safe_next(request, request.GET.get("next", ""))))


def portal_sign_out(request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
    return signout(request)


def portal_password(request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
    return redirect("accounts:account-password")


def may_enter(request: HttpRequest) -> bool:
    return request.user.is_authenticated and request.user.is_active and request.user.is_operator


admin.site.login = portal_sign_in  # type: ignore[assignment]
admin.site.logout = portal_sign_out  # type: ignore[assignment]
admin.site.password_change = admin.site.password_change_done = portal_password  # type: ignore[assignment]
admin.site.has_permission = may_enter  # type: ignore[assignment]
admin.site.site_header = admin.site.site_title = _("平台字典维护")
admin.site.index_title = _("字典")
admin.site.site_url = "/home/"


class DictionaryAdmin(admin.ModelAdmin):
    """Rows that operators keep. Nothing is deleted: what others refer to is closed or ends on a day."""

    list_per_page = 50

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may_enter(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_enter(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_enter(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_enter(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: models.Model, form: ModelForm, change: bool) -> None:
        """In the admin's transaction, with the entry that says which fields were set."""
        super().save_model(request, obj, form, change)
        record("dictionary.changed", obj, by=request.user, created=not change, fields=sorted(form.changed_data))

    def log_addition(self, *args: Any) -> None:  # type: ignore[override]
        """The audit trail is the only log."""

    log_change = log_deletions = log_addition  # type: ignore[assignment]


@admin.register(Station)
class StationAdmin(DictionaryAdmin):
    list_display = ["name", "phone", "separate_reviewers", "confirm_approvals", "is_active"]
    fields = ["name", "phone", "separate_reviewers", "confirm_approvals", "is_active"]
    search_fields = ["name"]


@admin.register(StationRole)
class StationRoleAdmin(DictionaryAdmin):
    list_display = ["station", "role", "area", "valid_from", "valid_to"]
    list_filter = ["role", "area"]
    fields = ["station", "role", "area", "valid_from", "valid_to"]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, labels={"station": _("监督机构")}, **kwargs)


POST_LABELS = {"user": _("人员"), "station": _("监督机构")}


@admin.register(StationPost)
class StationPostAdmin(DictionaryAdmin):
    """Who is chief. Posts are given, moved and ended under 审核人员, where what is in hand goes to the chief."""

    list_display = ["user", "station", "role", "is_chief", "since", "ended_at"]
    list_filter = ["station", "role"]
    fields = ["user", "station", "role", "is_chief", "since", "ended_at"]
    readonly_fields = ["user", "station", "role", "since", "ended_at"]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, labels=POST_LABELS, **kwargs)

"""Forms of 经办人变更 and 企业管理员."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from enterprises.forms.members import SuccessorField
from enterprises.models import Member
from portal.forms import MobileField, PersonNameField, PortalForm


def by_name(people: QuerySet[Member]) -> QuerySet[Member]:
    return people.select_related("user", "position").order_by("user__name", "pk")


class AgentForm(PortalForm):
    """A colleague, or anybody by name and number."""

    member = SuccessorField(
        Member.objects.none(),
        label=_("从本企业用户中选择"),
        required=False,
        empty_label=_("不在列表中，填写姓名和手机号"),
        error_messages={"invalid_choice": _("所选人员已不是本企业的在职用户，请重新选择。")},
    )
    name = PersonNameField(label=_("新经办人姓名"), required=False, help_text=_("与其个人账号的姓名一致"))
    phone = MobileField(label=_("新经办人手机号"), required=False, help_text=_("其个人账号绑定的手机号"))

    def __init__(self, *args: Any, people: QuerySet[Member], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["member"].queryset = by_name(people)  # type: ignore[attr-defined]
        for name in ("name", "phone"):
            self.fields[name].widget.attrs["autocomplete"] = "off"  # another person's, not one's own

    def clean(self) -> None:
        if self.cleaned_data.get("member") or "member" in self.errors:
            return
        for name, text in {"name": _("请选择人员，或填写姓名。"), "phone": _("请填写手机号。")}.items():
            if name not in self.errors and not self.cleaned_data.get(name):
                self.add_error(name, ValidationError(text))

    @property
    def person(self) -> dict[str, str]:
        """Name and number of whoever is asked."""
        if member := self.cleaned_data["member"]:
            return {"name": member.user.name, "phone": member.user.phone or ""}
        return {name: self.cleaned_data[name] for name in ("name", "phone")}


class AppointForm(PortalForm):
    """The colleague who becomes 企业管理员."""

    member = SuccessorField(
        Member.objects.none(),
        label=_("人员"),
        empty_label=_("请选择"),
        help_text=_("只列出已登录使用过的在职用户。"),
        error_messages={
            "required": _("请选择人员。"),
            "invalid_choice": _("所选人员已不是本企业的在职用户，请重新选择。"),
        },
    )

    def __init__(self, *args: Any, people: QuerySet[Member], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["member"].queryset = by_name(people)  # type: ignore[attr-defined]

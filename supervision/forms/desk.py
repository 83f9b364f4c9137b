"""Forms of the moves at a desk: each is a page of its own that a script may show in a dialog."""

from datetime import date
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Station, User
from portal.forms import DateInput, PortalForm, UsccField
from supervision.catalogue import MOST_AT_ONCE
from supervision.models import Note, OpinionDraft, Recusal, Survey, WithdrawalRequest

CONFIRM, DECLINE = "confirm", "decline"
CLAIM, ASSIGN = "claim", "assign"


def words(label: Any, *, most: int = 300, required: bool = True, help_text: Any = "") -> forms.CharField:
    area = forms.Textarea(attrs={"rows": 3})
    return forms.CharField(label=label, max_length=most, required=required, widget=area, help_text=help_text)


class ReleaseForm(PortalForm):
    reason = words(_("说明"), required=False, help_text=_("选填，本站同事可以看到。"))


class RecuseForm(PortalForm):
    reason = words(
        _("回避事由"), most=Recusal._meta.get_field("reason").max_length or 300, help_text=_("仅本站站长可以看到。")
    )


class UndoForm(PortalForm):
    reason = words(_("撤销原因"), help_text=_("申请单位会看到。"))


class TransferForm(PortalForm):
    """To which station, and why."""

    station = forms.ModelChoiceField(label=_("移送到"), queryset=Station.objects.none(), empty_label=_("请选择"))
    reason = words(_("移送原因"), help_text=_("接收的监督站和申请单位都会看到。"))

    def __init__(self, *args: Any, stations: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["station"].queryset = stations  # type: ignore[attr-defined]


class SurveyForm(PortalForm):
    """When and where."""

    day = forms.DateField(label=_("踏勘日期"), widget=DateInput())
    place = forms.CharField(label=_("踏勘地点"), max_length=Survey._meta.get_field("place").max_length)
    note = words(_("需申请单位准备的事项"), required=False, help_text=_("选填，会随短信和站内消息告知申请单位。"))
    version = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean_day(self) -> date:
        day = self.cleaned_data["day"]
        if day < timezone.localdate():
            raise forms.ValidationError(_("踏勘日期不能早于今天。"))
        return day


class SurveyResultForm(PortalForm):
    result = words(
        _("踏勘结果"),
        most=Survey._meta.get_field("result").max_length or 1000,
        help_text=_("没有踏勘的，请写明原因。双方都能在办理过程中看到。"),
    )


CONFIRMS = {"rejection": _("同意不予通过"), "approval": _("同意通过")}


class ConfirmForm(PortalForm):
    """The chief's word on what was proposed; who proposed it may only take it back."""

    move = forms.ChoiceField(label=_("确认结论"), widget=forms.RadioSelect)
    opinion = words(_("意见"), required=False, help_text=_("不同意时必填；同意时选填，会附在审核意见之后。"))
    version = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, kind: str, may_confirm: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: forms.ChoiceField = self.fields["move"]  # type: ignore[assignment]
        field.choices = [(CONFIRM, CONFIRMS[kind]), (DECLINE, _("不同意，退回继续审核"))]
        if not may_confirm:
            field.choices, field.initial = [(DECLINE, _("收回，继续审核"))], DECLINE

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if given.get("move") == DECLINE and not given.get("opinion"):
            self.add_error("opinion", _("请填写原因。"))
        return given


class NoteForm(PortalForm):
    text = words(_("内容"), most=Note._meta.get_field("text").max_length or 1000)


class WithdrawalAnswerForm(PortalForm):
    """Let the filing go, or say why not."""

    agree = forms.TypedChoiceField(
        label=_("答复"),
        choices=[("yes", _("同意撤回")), ("no", _("不同意"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    answer = words(
        _("说明"),
        most=WithdrawalRequest._meta.get_field("answer").max_length or 300,
        required=False,
        help_text=_("不同意时必填，申请单位会看到。"),
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if given.get("agree") is False and not given.get("answer"):
            self.add_error("answer", _("请填写不同意的原因。"))
        return given


class WithdrawalForm(PortalForm):
    """The applicant's request, where a station has passed the filing."""

    reason = words(_("撤回原因"), help_text=_("已通过的监督站将据此确认。"))


class DraftForm(PortalForm):
    """What is kept of an opinion while it is typed; nothing is required."""

    move = forms.CharField(max_length=20, required=False)
    opinion = forms.CharField(max_length=OpinionDraft._meta.get_field("text").max_length, required=False)


class DelegateForm(PortalForm):
    """Who acts for whom, from when to when."""

    officer = forms.ModelChoiceField(label=_("请假人员"), queryset=User.objects.none(), empty_label=None)
    to = forms.ModelChoiceField(label=_("代办人"), queryset=User.objects.none(), empty_label=_("请选择"))
    first_day = forms.DateField(label=_("开始日期"), widget=DateInput())
    last_day = forms.DateField(label=_("结束日期"), widget=DateInput())

    def __init__(self, *args: Any, officers: list[User], colleagues: list[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, users in (("officer", officers), ("to", colleagues)):
            known = User.objects.filter(pk__in=[user.pk for user in users]).order_by("name", "pk")
            self.fields[name].queryset = known  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if given.get("officer") and given.get("officer") == given.get("to"):
            self.add_error("to", _("请选择另一位同事。"))
        first, last = given.get("first_day"), given.get("last_day")
        if first and last and last < max(first, timezone.localdate()):
            self.add_error("last_day", _("结束日期不能早于开始日期和今天。"))
        return given


class TieForm(PortalForm):
    """An enterprise whose filings must not come to the officer."""

    uscc = UsccField(label=_("统一社会信用代码"))
    reason = words(_("关系说明"), help_text=_("如：配偶任职单位。仅本人可以看到。"))


class BulkForm(PortalForm):
    """Several reviews at once, ticked in the list."""

    row = forms.ModelMultipleChoiceField(label=_("报监"), queryset=User.objects.none())
    do = forms.ChoiceField(choices=[(CLAIM, _("批量领取")), (ASSIGN, _("批量指派"))])
    officer = forms.ModelChoiceField(
        label=_("指派给"), queryset=User.objects.none(), required=False, empty_label=_("请选择")
    )

    def __init__(self, *args: Any, reviews: Any, officers: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["row"].queryset = reviews  # type: ignore[attr-defined]
        self.fields["row"].error_messages["required"] = _("请先勾选要办理的报监。")
        self.fields["officer"].queryset = officers  # type: ignore[attr-defined]

    def clean_row(self) -> Any:
        rows = self.cleaned_data["row"]
        if len(rows) > MOST_AT_ONCE:
            raise forms.ValidationError(_("一次最多办理 %(most)d 件，请减少勾选。"), params={"most": MOST_AT_ONCE})
        return rows

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if given.get("do") == ASSIGN and not given.get("officer"):
            self.add_error("officer", _("请选择指派给谁。"))
        return given

"""The dialog of 报监: filed before or not, for whom, and what a person vouches for."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Target
from portal.forms import PortalForm
from supervision.candidates import AWAITED, CONVERTIBLE, ENDED_IN_VAIN, Candidate
from supervision.forms.fields import DayField
from supervision.gaps import Warning
from supervision.models import DeficiencyItem, Filing

YES, NO = "yes", "no"
QUESTION = _("该项目是否已在先行介入、提前服务报监？")


class AcknowledgeForm(PortalForm):
    """One box per warning, each to be ticked 已核实."""

    acknowledged = forms.MultipleChoiceField(
        label=_("请核实以下内容"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, warnings: list[Warning], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.warnings = warnings
        choices = [(warning.code, _("已核实：%(text)s") % {"text": warning.text}) for warning in warnings]
        self.fields["acknowledged"].choices = choices  # type: ignore[attr-defined]
        if not warnings:
            del self.fields["acknowledged"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        cleaned.setdefault("acknowledged", [])
        if not self.errors and len(cleaned["acknowledged"]) < len(self.warnings):
            self.add_error("acknowledged", _("请逐项核实并勾选“已核实”，监督站将看到您的确认。"))
        return cleaned


class SubmitForm(AcknowledgeForm):
    """是否已报监, 报监对象, and the reason where something looks like the same project."""

    prior_exists = forms.ChoiceField(
        label=QUESTION, choices=[(NO, _("不存在")), (YES, _("存在"))], widget=forms.RadioSelect
    )
    prior = forms.ModelChoiceField(
        label=_("选择已报监的项目"), queryset=Filing.objects.none(), required=False, empty_label=_("请选择")
    )
    targets = forms.MultipleChoiceField(
        label=_("报监对象"),
        choices=Target.choices,
        initial=list(Target.values),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    reason = forms.CharField(
        label=_("不是同一项目的理由"), max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    field_order = ["prior_exists", "prior", "targets", "reason", "acknowledged"]

    def __init__(self, *args: Any, suspects: list[Candidate], earlier: list[Filing], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.suspects, self.earlier = suspects, earlier
        prior = self.fields["prior"]
        prior.queryset = Filing.objects.filter(pk__in=[filing.pk for filing in earlier])  # type: ignore[attr-defined]
        prior.choices = [("", _("请选择")), *((filing.pk, described(filing)) for filing in earlier)]  # type: ignore[attr-defined]
        if not suspects:
            del self.fields["reason"]
        if not earlier:
            del self.fields["prior"]
        self.order_fields(self.field_order)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        cleaned.setdefault("prior", None)
        cleaned.setdefault("reason", "")
        match cleaned.get("prior_exists"):
            case "yes" if not self.earlier:
                self.add_error(
                    "prior_exists", _("没有找到可关联的报监。如未在先行介入、提前服务报监过，请选择“不存在”。")
                )
            case "yes" if cleaned["prior"] is None and "prior" not in self.errors:
                self.add_error("prior", _("请选择已报监的项目；如未报监过，请选择“不存在”。"))
            case "no" if not cleaned.get("targets"):
                self.add_error("targets", _("请选择报监对象：安监、质监。"))
            case "no" if self.suspects and not cleaned["reason"]:
                self.add_error(
                    "reason", _("发现疑似同一项目的报监。如确非同一项目，请填写理由，监督站将看到您的说明。")
                )
        return cleaned

    def as_arguments(self) -> dict[str, Any]:
        """The cleaned data as `submit_filing` takes it."""
        return self.cleaned_data | {"prior_exists": self.cleaned_data["prior_exists"] == YES}


def described(filing: Filing) -> str:
    """A filing with its state, and what naming it leads to."""
    outcome = next((text for statuses, text in OUTCOMES if filing.status in statuses), "")
    return f"{filing.get_module_display()} {filing.number} {filing}（{filing.get_status_display()}，{outcome}）"


OUTCOMES = [
    (CONVERTIBLE, _("可转入")),
    (AWAITED, _("办结后可转入")),
    (ENDED_IN_VAIN, _("保留关联，重新审核")),
]


class TakeOverForm(PortalForm):
    """From which earlier filing the empty parts are filled."""

    prior = forms.ModelChoiceField(
        label=_("原报监"), queryset=Filing.objects.none(), empty_label=None, widget=forms.RadioSelect
    )

    def __init__(self, *args: Any, earlier: list[Filing], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        prior = self.fields["prior"]
        prior.queryset = Filing.objects.filter(pk__in=[filing.pk for filing in earlier])  # type: ignore[attr-defined]
        prior.choices = [(filing.pk, described(filing)) for filing in earlier]  # type: ignore[attr-defined]
        prior.initial = earlier[0].pk if earlier else None


class PromiseForm(PortalForm):
    """Another day for the permit, and why."""

    promised_by = DayField(_("承诺取得施工许可日期"), required=True)
    reason = forms.CharField(
        label=_("调整原因"), max_length=200, widget=forms.Textarea(attrs={"rows": 3}), help_text=_("监督站会看到原因。")
    )


class AnswerForm(PortalForm):
    """The answer to one item of a return."""

    kind = forms.ChoiceField(label=_("答复"), choices=DeficiencyItem.Reply.choices, widget=forms.RadioSelect)
    reply = forms.CharField(
        label=_("说明"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("选择“说明”时必填。"),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("kind") == DeficiencyItem.Reply.EXPLAINED and not cleaned.get("reply"):
            self.add_error("reply", _("请填写说明，监督站将据此复核。"))
        return cleaned

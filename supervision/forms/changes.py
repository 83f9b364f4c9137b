"""Forms of 人员变更, of the stations' answers, and of the operator's project pages."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.documents.forms import DocumentField
from portal.forms import MobileField, PersonNameField, PortalForm, ResidentIdField, SearchForm, Textarea
from projects.models import PartyType
from supervision.catalogue import CHANGE_FILES, ChangeFile
from supervision.models import ChangeConfirmation, PersonnelChange

FIELDS = {kind.value: kind.value for kind in ChangeFile}  # by the names of the form's fields


class ChangeForm(PortalForm):
    """Who follows, from when and why; the papers below. What is incomplete is kept all the same."""

    new_name = PersonNameField(label=_("新负责人姓名"), required=False)
    new_id_number = ResidentIdField(label=_("身份证号"), required=False)
    new_phone = MobileField(label=_("手机号"), required=False)
    certificate_no = forms.CharField(label=_("注册证书编号"), max_length=60, required=False)
    effective_on = forms.DateField(label=_("交接日期"), required=False, help_text=_("原负责人与新负责人办理交接的日期"))
    reason = forms.CharField(label=_("变更原因"), max_length=500, required=False, widget=Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, change: PersonnelChange, url: Any, **kwargs: Any) -> None:
        initial = {name: getattr(change, name) for name in self.base_fields}
        super().__init__(*args, initial=initial, **kwargs)
        post = PartyType(change.party_type)
        if ChangeFile.CERTIFICATE not in CHANGE_FILES[post]:
            del self.fields["certificate_no"]
        for kind in (*CHANGE_FILES[post], ChangeFile.CONSENT):
            self.fields[kind.value] = DocumentField(kind.value, url=url(kind.value), required=False)
        self.fields[ChangeFile.CONSENT.value].help_text = _(
            "建设单位人员可在平台上直接同意；不能在平台同意的，上传加盖公章的书面意见。"
        )

    def clean_effective_on(self) -> Any:
        day = self.cleaned_data["effective_on"]
        if day and abs((day - timezone.localdate()).days) > 365:
            raise ValidationError(_("交接日期应在前后一年之内，请核对。"))
        return day

    @property
    def written(self) -> dict[str, Any]:
        """What was typed and could be read."""
        return {name: value for name, value in self.cleaned_data.items() if name not in FIELDS}


class DeclineForm(PortalForm):
    """不同意, and why."""

    reason = forms.CharField(label=_("不同意的原因"), max_length=300, widget=Textarea(attrs={"rows": 3}))


class AnswerForm(PortalForm):
    """What a station says of a change; `round` is the one that was looked at."""

    ANSWERS = {"confirm": _("确认变更"), "return": _("退回")}

    round = forms.IntegerField(widget=forms.HiddenInput)
    answer = forms.ChoiceField(label=_("处理意见"), choices=list(ANSWERS.items()), widget=forms.RadioSelect)
    opinion = forms.CharField(
        label=_("意见"),
        max_length=ChangeConfirmation._meta.get_field("opinion").max_length,
        required=False,
        widget=Textarea(attrs={"rows": 3}),
        help_text=_("退回时必填，申请单位会看到。"),
    )

    def clean(self) -> None:
        given = self.cleaned_data
        if given.get("answer") == "return" and not given.get("opinion", "").strip():
            self.add_error("opinion", _("请写明退回原因。"))


class NoteForm(PortalForm):
    """备注 of a stand-in."""

    note = forms.CharField(label=_("备注"), max_length=300, widget=Textarea(attrs={"rows": 3}))


class ProjectSearch(SearchForm):
    """The operator's search over all projects."""

    q = forms.CharField(label=_("关键字"), max_length=100)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["q"].widget.attrs["placeholder"] = _("项目名称、工程名称、项目编号、临时编号")


class MergeForm(PortalForm):
    """Which of the two goes on, and why they are one."""

    survivor = forms.ChoiceField(label=_("保留的项目"), widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("合并理由"), max_length=500, widget=Textarea(attrs={"rows": 3}), help_text=_("监督站会看到。")
    )

    def __init__(self, *args: Any, pair: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(project.pk), f"{project}（{project.number}）") for project in pair]
        self.fields["survivor"].choices = choices  # type: ignore[attr-defined]


class ConsentForm(PortalForm):
    """A chief's word about a merger."""

    agreed = forms.ChoiceField(
        label=_("意见"), choices=[("yes", _("同意合并")), ("no", _("不同意"))], widget=forms.RadioSelect
    )
    opinion = forms.CharField(
        label=_("说明"),
        max_length=500,
        required=False,
        widget=Textarea(attrs={"rows": 3}),
        help_text=_("不同意时必填。"),
    )

    def clean(self) -> None:
        given = self.cleaned_data
        if given.get("agreed") == "no" and not given.get("opinion", "").strip():
            self.add_error("opinion", _("请写明不同意的理由。"))


class ReasonForm(PortalForm):
    """A reason that those concerned read."""

    reason = forms.CharField(
        label=_("原因"), max_length=300, widget=Textarea(attrs={"rows": 3}), help_text=_("有关单位和人员会看到。")
    )

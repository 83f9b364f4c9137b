"""Forms of the stations' side: the inbox's search, one correction, the decision."""

from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from portal.forms import FewRowsField, PortalForm, SearchForm
from portal.places import District, districts
from projects.places import PlaceField
from supervision.catalogue import Module
from supervision.models import CheckMark, CheckPoint, DeficiencyItem, Letter, Phrase, ReturnReason

BLANK = "【 】"  # what a sentence of the library leaves to be filled in
APPROVE, RETURN, REJECT = "approve", "return", "reject"
STATES: dict[str, str | Promise] = {
    "waiting": _("待审核"),
    "reviewing": _("审核中"),
    "returned": _("已退回"),
    "closed": _("已办结"),
}
SCOPES: dict[str, str | Promise] = {
    "queue": _("待领取"),
    "mine": _("我经办"),
    "confirm": _("待确认"),
    "all": _("本站全部"),
    "done": _("已办"),
}
MISSING = "missing"
PHRASE = "p:"  # before the key of an officer's own sentence
LATEST_FIRST = "latest"


class InboxFilter(SearchForm):
    """The inbox's conditions; the tab and the second filter are hidden, so that a search keeps them."""

    q = forms.CharField(label=_("关键字"), max_length=100)
    module = forms.ChoiceField(label=_("模块"), choices=[("", _("全部")), *Module.choices])
    district = FewRowsField(label=_("所属区域"), queryset=District.objects.all(), rows=districts, empty_label=_("全部"))
    papers = forms.ChoiceField(label=_("材料"), choices=[("", _("全部")), (MISSING, _("缺附件"))])
    sort = forms.ChoiceField(
        label=_("排序"), choices=[("", _("办理期限近的在前")), (LATEST_FIRST, _("最近提交的在前"))]
    )
    state = forms.ChoiceField(label=_("状态"), choices=list(STATES.items()), widget=forms.HiddenInput)
    scope = forms.ChoiceField(label=_("范围"), choices=list(SCOPES.items()), widget=forms.HiddenInput)
    place = PlaceField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["q"].widget.attrs["placeholder"] = _("工程名称、编号、单位名称")

    @property
    def state_shown(self) -> str:
        return self.given.get("state", "waiting")

    @property
    def scope_shown(self) -> str:
        return self.given.get("scope", "all")


class ReasonSelect(forms.Select):
    """The library as a list; each entry carries its sentence for the script that inserts it."""

    texts: dict[str, tuple[str, str]] = {}

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        if known := self.texts.get(str(value)):
            option["attrs"] |= {"data-text": known[0], "data-basis": known[1]}
        return option


class ItemForm(PortalForm):
    """What is wrong at one place: a sentence of the library that may be edited, or own words."""

    reason_code = forms.ChoiceField(label=_("退回原因库"), required=False, widget=ReasonSelect)
    text = forms.CharField(
        label=_("退回原因"),
        max_length=DeficiencyItem._meta.get_field("text").max_length,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("写明哪里不对、应如何修改，申请人将逐条看到。"),
    )
    basis = forms.CharField(
        label=_("依据"), max_length=DeficiencyItem._meta.get_field("basis").max_length, required=False
    )
    keep = forms.BooleanField(label=_("存为我的常用语"), required=False)

    def __init__(
        self, *args: Any, reasons: list[ReturnReason], phrases: list[Phrase], about: str = "", **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        library = {reason.code: (worded(reason, about), reason.basis) for reason in reasons}
        own = {f"{PHRASE}{phrase.pk}": (phrase.text, phrase.basis) for phrase in phrases}
        texts = library | own
        field = self.fields["reason_code"]
        widget = ReasonSelect(attrs={"data-reasons": ""})
        widget.texts = texts
        field.widget = widget
        field.choices = [  # type: ignore[attr-defined]
            ("", _("自行填写")),
            *((code, f"{code} {text}") for code, (text, _basis) in library.items()),
            *([(_("我的常用语"), [(code, text) for code, (text, _basis) in own.items()])] if own else []),
        ]
        self.take_from_library(texts)

    def take_from_library(self, texts: dict[str, tuple[str, str]]) -> None:
        """Without script: a reason that was chosen while the text is empty becomes the text."""
        known = texts.get(self.data.get(self.add_prefix("reason_code"), ""))
        if not known or self.data.get(self.add_prefix("text"), "").strip():
            return
        basis = self.data.get(self.add_prefix("basis")) or known[1]
        inserted = {self.add_prefix("text"): known[0], self.add_prefix("basis"): basis}
        self.data = dict(self.data.items()) | inserted

    def clean_reason_code(self) -> str:
        """Of the library; own words have none."""
        code = self.cleaned_data["reason_code"]
        return "" if code.startswith(PHRASE) else code

    def clean_text(self) -> str:
        text = self.cleaned_data["text"]
        if BLANK in text:
            raise forms.ValidationError(_("请把“【 】”替换为具体内容。"))
        return text


def worded(reason: ReturnReason, about: str) -> str:
    """The library's sentence; one that begins with a blank is about the material that it is noted at."""
    return f"“{about}”{reason.text.removeprefix(BLANK)}" if about and reason.text.startswith(BLANK) else reason.text


class DecideForm(PortalForm):
    """通过, 退回补正 or 不予通过, with the opinion. `drafts` is how many items wait to be sent, None: nobody asks."""

    move = forms.ChoiceField(
        label=_("审核结论"),
        choices=[(APPROVE, _("通过")), (RETURN, _("退回补正")), (REJECT, _("不予通过（须站长确认）"))],
        widget=forms.RadioSelect,
    )
    opinion = forms.CharField(
        label=_("审核意见"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("申请单位和另一监督站都会看到。不予通过时必填，其他情况选填。"),
    )
    version = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, drafts: int | None = None, is_confirmed: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.drafts = drafts
        if is_confirmed:
            labels = dict(self.fields["move"].choices) | {APPROVE: _("通过（须站长确认）")}  # type: ignore[attr-defined]
            self.fields["move"].choices = list(labels.items())  # type: ignore[attr-defined]

    def clean_move(self) -> str:
        """Said here too, so that the opinion stays on the page; the action asks again under the lock."""
        move = self.cleaned_data["move"]
        if move == RETURN and self.drafts == 0:
            raise forms.ValidationError(_("请先添加至少一条补正意见，写明需要修改的位置和原因。"))
        if move != RETURN and self.drafts:
            raise forms.ValidationError(_("还有未发出的补正意见。请先删除这些意见，或选择“退回补正”。"))
        return move

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if given.get("move") == REJECT and not given.get("opinion"):
            self.add_error("opinion", _("请写明不予通过的理由，站长和申请单位都会看到。"))
        return given


class PhraseForm(PortalForm):
    """A sentence of one's own."""

    text = forms.CharField(
        label=_("内容"), max_length=Phrase._meta.get_field("text").max_length, widget=forms.Textarea(attrs={"rows": 3})
    )
    basis = forms.CharField(label=_("依据"), max_length=Phrase._meta.get_field("basis").max_length, required=False)


class LetterForm(PortalForm):
    """A message to the other side of a filing."""

    text = forms.CharField(
        label=_("内容"),
        max_length=Letter._meta.get_field("text").max_length,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("请勿填写身份证号、手机号等个人信息。"),
    )


class PointsForm(PortalForm):
    """审核要点: for each point what was found, and a note; what is not chosen stays as it is."""

    version = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, points: list[CheckPoint], marks: dict[str, CheckMark], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for point in points:
            mark = marks.get(point.pk)
            self.fields[f"outcome-{point.pk}"] = forms.ChoiceField(
                label=point.text,
                choices=CheckMark.Outcome.choices,
                widget=forms.RadioSelect,
                required=False,
                initial=mark.outcome if mark else None,
            )
            self.fields[f"note-{point.pk}"] = forms.CharField(
                label=_("备注"),
                max_length=CheckMark._meta.get_field("note").max_length,
                required=False,
                initial=mark.note if mark else "",
                widget=forms.TextInput(attrs={"placeholder": _("备注（选填）")}),
            )

    @property
    def found(self) -> dict[str, tuple[str, str]]:
        """The points that were marked, or marked otherwise than before."""
        codes = [name.removeprefix("outcome-") for name in self.fields if name.startswith("outcome-")]
        return {
            code: (self.cleaned_data[f"outcome-{code}"], self.cleaned_data[f"note-{code}"])
            for code in codes
            if self.cleaned_data[f"outcome-{code}"] and {f"outcome-{code}", f"note-{code}"} & set(self.changed_data)
        }


class AssignForm(PortalForm):
    """To whom the chief hands a review over."""

    officer = forms.ModelChoiceField(label=_("转办给"), queryset=User.objects.none(), empty_label=_("请选择"))
    reason = forms.CharField(
        label=_("说明"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("选填，双方都能在办理过程中看到。"),
    )

    def __init__(self, *args: Any, officers: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["officer"].queryset = officers  # type: ignore[attr-defined]

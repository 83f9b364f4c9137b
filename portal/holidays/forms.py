"""One day's change, and the notice of a year."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.calendar import today
from portal.forms import PortalForm

MOST_BYTES = 200_000
YES, NO = "yes", "no"


class DayForm(PortalForm):
    """Whether a day is worked, and why that is said."""

    is_workday = forms.TypedChoiceField(
        label=_("当天"),
        choices=[(YES, _("工作日")), (NO, _("休息日"))],
        coerce=lambda value: value == YES,
        widget=forms.RadioSelect,
    )
    note = forms.CharField(
        label=_("说明"), max_length=60, required=False, help_text=_("显示在日历上，如“国庆节”“调休”。")
    )
    reason = forms.CharField(label=_("调整原因"), max_length=200, help_text=_("记入操作日志，如文件名称和文号。"))


class NoticeForm(PortalForm):
    """A year's notice, pasted or as a CSV file."""

    year = forms.TypedChoiceField(label=_("年份"), coerce=int)
    source = forms.CharField(
        label=_("依据"), max_length=120, required=False, help_text=_("放假通知的文号，如“国办发明电〔2025〕7号”。")
    )
    text = forms.CharField(
        label=_("通知内容"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 12}),
        help_text=_("粘贴国务院办公厅放假通知的原文；也可以每行写“日期,工作日或休息日,说明”。"),
    )
    file = forms.FileField(
        label=_("或选择 CSV 文件"), required=False, help_text=_("三列：日期、工作日或休息日、说明。")
    )
    checked = forms.BooleanField(label=_("我已核对没有读出的内容，不需要采用"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        this = today().year
        self.fields["year"].choices = [(year, str(year)) for year in (this + 1, this, this - 1)]  # type: ignore[attr-defined]

    def clean_file(self) -> str:
        """The file as text; programs for tables write it in either of two ways."""
        file = self.cleaned_data["file"]
        if not file:
            return ""
        data = file.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise forms.ValidationError(_("文件超过 200 KB，请确认选择的是放假安排。"))
        for encoding in ("utf-8-sig", "gb18030"):
            try:
                return data.decode(encoding)
            except UnicodeDecodeError:
                continue
        raise forms.ValidationError(_("无法识别文件的编码，请另存为 UTF-8 的 CSV 文件。"))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        text = cleaned["text"] = (cleaned.get("file") or cleaned.get("text") or "").strip()
        if not text and "file" not in self.errors:
            self.add_error("text", _("请粘贴通知原文，或选择 CSV 文件。"))
        if len(text) > MOST_BYTES:
            self.add_error("text", _("内容过长，请只粘贴放假安排。"))
        return cleaned

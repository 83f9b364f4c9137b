"""Forms of 列设置 and 我的视图."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.forms import NameField, PortalForm
from portal.lists.kinds import ListKind


class ColumnsForm(PortalForm):
    """Which columns stand in the table; the row's name always does."""

    columns = forms.MultipleChoiceField(label=_("显示的列"), required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, kind: ListKind, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(column.code, column.label) for column in kind.columns if not column.is_fixed]
        self.fields["columns"].choices = choices  # type: ignore[attr-defined]

    def clean_columns(self) -> list[str]:
        if not self.cleaned_data["columns"]:
            raise forms.ValidationError(_("请至少选择一列；想恢复最初的样子，请点击“恢复默认”。"))
        return self.cleaned_data["columns"]


class ViewForm(PortalForm):
    """A name for the conditions in force."""

    name = NameField(label=_("视图名称"), max_length=30, help_text=_("只有您自己能看到。同名的视图会改用当前条件。"))
    is_default = forms.BooleanField(label=_("设为默认视图"), required=False, help_text=_("打开列表时先显示它。"))


class RenameForm(PortalForm):
    name = NameField(label=_("视图名称"), max_length=30)

"""Forms of 更名 and 暂停."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from enterprises.catalogue import RENAMED
from enterprises.models import Enterprise
from portal.documents.forms import DocumentField
from portal.forms import NameField, PortalForm, SearchForm, Textarea


class RenameForm(PortalForm):
    """The new name as the new licence says."""

    name = NameField(label=_("新企业名称"), min_length=4, help_text=_("与更名后的营业执照一致，统一社会信用代码不变"))
    licence = DocumentField(RENAMED)

    def __init__(self, *args: Any, enterprise: Enterprise, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.enterprise = enterprise
        self.fields["licence"].widget.url = reverse("enterprises:rename-file", args=[enterprise.pk])  # type: ignore[attr-defined]

    def clean_name(self) -> str:
        name = self.cleaned_data["name"]
        if name == self.enterprise.name:
            raise ValidationError(_("新名称与现在的名称相同。"))
        return name


class SuspendForm(PortalForm):
    """暂停, and why."""

    reason = forms.CharField(
        label=_("暂停原因"), max_length=300, widget=Textarea(attrs={"rows": 3}), help_text=_("企业会看到。")
    )


class VerifyForm(PortalForm):
    """核验: what the comparison showed, and with what it was compared."""

    agrees = forms.TypedChoiceField(
        label=_("核验结论"),
        choices=[("yes", _("一致")), ("no", _("不一致"))],
        coerce=lambda value: value == "yes",
        empty_value=None,
        widget=forms.RadioSelect,
    )
    note = forms.CharField(
        label=_("核验依据"),
        max_length=300,
        widget=Textarea(attrs={"rows": 3}),
        help_text=_("如登记信息的来源、查询日期，不一致的写明哪一项；企业会看到。"),
    )


class EnterpriseSearch(SearchForm):
    """The operator's search over all enterprises."""

    q = forms.CharField(label=_("关键字"), max_length=100)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["q"].widget.attrs["placeholder"] = _("企业名称、统一社会信用代码")

"""Forms about files: what a file is called, what takes its place, what is added after approval."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.forms import PortalForm
from supervision.frozen import attachments_in_force
from supervision.models import Attachment, Filing, Material, MaterialRule


class DescribeForm(PortalForm):
    """What an attached file is called and what it is."""

    name = forms.CharField(label=_("文件名"), max_length=100, help_text=_("扩展名自动保留。"))
    note = forms.CharField(label=_("说明"), max_length=200, required=False, help_text=_("例如：第 1–20 页、补充协议。"))


class ReplaceForm(PortalForm):
    """A later version of an attached file."""

    reason = forms.CharField(label=_("更换原因"), max_length=200, required=False)

    def __init__(self, *args: Any, must_say_why: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = must_say_why
        if must_say_why:
            self.fields["reason"].help_text = _("监督站已看过这个文件，须说明为什么更换。")


class AddendumForm(PortalForm):
    """What is added after approval, and why."""

    material = forms.ModelChoiceField(label=_("材料"), queryset=Material.objects.none(), empty_label=_("请选择"))
    replaces = forms.ModelChoiceField(
        label=_("替换的文件"),
        queryset=Attachment.objects.none(),
        required=False,
        empty_label=_("不替换，另外增加"),
        to_field_name="document_id",
        help_text=_("选择后作为该文件的新版本；原文件仍保留在已提交的版本里。"),
    )
    reason = forms.CharField(
        label=_("补充原因"), max_length=300, widget=forms.Textarea(attrs={"rows": 3}), help_text=_("监督站会看到。")
    )

    def __init__(self, *args: Any, filing: Filing, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        asked = MaterialRule.objects.for_filing(filing)
        chosen = self.fields["material"], self.fields["replaces"]
        chosen[0].queryset = Material.objects.filter(pk__in=[rule.material_id for rule in asked])  # type: ignore[attr-defined]
        chosen[1].queryset = attachments_in_force(filing)  # type: ignore[attr-defined]
        chosen[1].label_from_instance = named  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        replaced, material = cleaned.get("replaces"), cleaned.get("material")
        if replaced and material and replaced.material_id != material.pk:
            facts = {"name": replaced.document, "material": replaced.material}
            self.add_error("replaces", _("“%(name)s”属于“%(material)s”，请选择同一材料的文件。") % facts)
        return cleaned


def named(attachment: Attachment) -> str:
    return f"{attachment.material_id} {attachment.material} · {attachment.document}"

"""Dictionaries of 项目报监: materials with what each module asks, and the library of return reasons (decisions 25)."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import BaseInlineFormSet, ModelForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from accounts.admin import DictionaryAdmin, may_enter
from portal.audit import record
from portal.documents.actions import require_acceptable
from portal.documents.names import clean_file_name
from portal.errors import Refused
from supervision.actions import publish_material_file, withdraw_material_file
from supervision.catalogue import MATERIAL_SAMPLE
from supervision.models import CheckPoint, Material, MaterialFile, MaterialRule, ReturnReason


class MaterialRuleInline(admin.TabularInline):
    """A row that is taken away means that the module does not ask for the material."""

    model = MaterialRule
    fields = ["module", "need", "valid_from", "valid_to"]
    extra = 0

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_enter(request)

    has_change_permission = has_delete_permission = has_view_permission

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_enter(request)


@admin.register(Material)
class MaterialAdmin(DictionaryAdmin):
    list_display = ["code", "name", "read_by_safety", "read_by_quality", "order", "is_active"]
    list_filter = ["is_active", "rules__module", "rules__need"]
    fields = ["code", "name", "help_text", "accepts", "read_by_safety", "read_by_quality", "order", "is_active"]
    search_fields = ["code", "name"]
    inlines = [MaterialRuleInline]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Attachments refer to a material by its code."""
        return ["code"] if obj else []

    def save_formset(self, request: HttpRequest, form: ModelForm, formset: BaseInlineFormSet, change: bool) -> None:
        """The rules are part of the material, so their changes are told in its name."""
        super().save_formset(request, form, formset, change)
        gone = [rule.module for rule in formset.deleted_objects]
        changed = [rule.module for rule, _fields in formset.changed_objects]
        added = [rule.module for rule in formset.new_objects]
        if gone or changed or added:
            facts: dict[str, Any] = {"rules_added": added, "rules_changed": changed, "rules_removed": gone}
            record("dictionary.changed", form.instance, by=request.user, **facts)


class MaterialFileForm(forms.ModelForm):
    """A new version; the file goes the way of every upload and is offered once its check has ended."""

    file = forms.FileField(label=_("文件"), help_text=MATERIAL_SAMPLE.rule)

    class Meta:
        model = MaterialFile
        fields = ["material", "purpose", "valid_from", "note"]

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        try:
            require_acceptable(file, clean_file_name(file.name), MATERIAL_SAMPLE)
        except Refused as refusal:
            raise forms.ValidationError([str(reason) for reason in refusal.reasons]) from refusal
        return file


@admin.register(MaterialFile)
class MaterialFileAdmin(DictionaryAdmin):
    """Versions are added and taken out of use, never changed."""

    form = MaterialFileForm
    list_display = ["material", "purpose", "number", "document_link", "state", "valid_from", "note", "added_by"]
    list_display_links = ["number"]
    list_filter = ["purpose", "material"]
    list_select_related = ["material", "document", "added_by"]
    search_fields = ["material__code", "material__name", "note"]
    actions = ["withdraw"]
    fields = ["material", "purpose", "file", "valid_from", "note"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and may_enter(request)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return self.fields
        return ["material", "purpose", "number", "document_link", "state", "valid_from", "note", "added_by", "added_at"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return list(self.get_fields(request, obj)) if obj else []

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:
        """The action numbers, stores and records it."""
        given = {name: form.cleaned_data[name] for name in ("purpose", "file", "valid_from", "note")}
        published = publish_material_file(obj.material, **given, by=request.user)
        obj.pk, obj.number = published.pk, published.number

    @admin.display(description=_("文件"))
    def document_link(self, published: MaterialFile) -> str:
        url = reverse("documents:file", args=[published.document_id])
        return format_html('<a href="{}">{}</a>', url, published.document.name)

    @admin.display(description=_("状态"))
    def state(self, published: MaterialFile) -> str:
        if published.withdrawn_at:
            return str(_("已停用"))
        if published.document.is_refused:
            return f"{published.document.get_state_display()}：{published.document.problem}"
        waits = published.document.is_ready and published.valid_from > timezone.localdate()
        return str(_("未到启用日期")) if waits else str(published.document.get_state_display())

    @admin.action(description=_("停用所选版本"))
    def withdraw(self, request: HttpRequest, chosen: QuerySet[MaterialFile]) -> None:
        used = list(chosen.filter(withdrawn_at=None))
        for published in used:
            withdraw_material_file(published, by=request.user)
        self.message_user(request, _("已停用 %(count)d 个版本。") % {"count": len(used)}, messages.SUCCESS)


@admin.register(ReturnReason)
class ReturnReasonAdmin(DictionaryAdmin):
    list_display = ["code", "section", "text", "basis", "order", "is_active"]
    list_filter = ["section", "is_active"]
    fields = ["code", "section", "text", "basis", "order", "is_active"]
    search_fields = ["code", "text"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Items remember the code of the sentence that they were made from."""
        return ["code"] if obj else []


@admin.register(CheckPoint)
class CheckPointAdmin(DictionaryAdmin):
    """A point that is taken out of use stays beside what was found at it."""

    list_display = ["code", "section", "material", "role", "module", "text", "order", "is_active"]
    list_filter = ["section", "role", "module", "is_active"]
    list_select_related = ["material"]
    fields = ["code", "section", "material", "role", "module", "text", "basis", "reason", "order", "is_active"]
    search_fields = ["code", "text"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Marks remember the code of their point."""
        return ["code"] if obj else []

"""Dictionaries of 项目报监: materials with what each module asks, and the library of return reasons (decisions 25)."""

from typing import Any

from django.contrib import admin
from django.forms import BaseInlineFormSet, ModelForm
from django.http import HttpRequest

from accounts.admin import DictionaryAdmin, may_enter
from portal.audit import record
from supervision.models import Material, MaterialRule, ReturnReason


class MaterialRuleInline(admin.TabularInline):
    """A row that is taken away means that the module does not ask for the material."""

    model = MaterialRule
    fields = ["module", "need"]
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
    fields = ["code", "name", "help_text", "read_by_safety", "read_by_quality", "order", "is_active"]
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


@admin.register(ReturnReason)
class ReturnReasonAdmin(DictionaryAdmin):
    list_display = ["code", "section", "text", "basis", "order", "is_active"]
    list_filter = ["section", "is_active"]
    fields = ["code", "section", "text", "basis", "order", "is_active"]
    search_fields = ["code", "text"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Items remember the code of the sentence that they were made from."""
        return ["code"] if obj else []

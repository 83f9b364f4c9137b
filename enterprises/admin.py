"""The dictionaries of this app, for platform operators (decisions 25)."""

from django.contrib import admin

from accounts.admin import DictionaryAdmin
from enterprises.models import BusinessSystem, Position


@admin.register(Position)
class PositionAdmin(DictionaryAdmin):
    list_display = ["name", "code", "order", "leads", "is_active"]
    list_filter = ["leads", "is_active"]
    search_fields = ["name", "code"]
    fields = ["code", "name", "order", "leads", "is_active"]

    def get_readonly_fields(self, request, obj=None) -> list[str]:
        return ["code"] if obj else []


@admin.register(BusinessSystem)
class BusinessSystemAdmin(DictionaryAdmin):
    """Names, texts and order. Which systems exist and where they begin is the software's."""

    list_display = ["name", "home_name", "order", "is_open"]
    fields = ["name", "home_name", "purpose", "order"]

    def has_add_permission(self, request, obj=None) -> bool:
        return False

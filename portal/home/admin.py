"""通知公告 among the dictionaries: operators write them, every save is recorded."""

from django.contrib import admin

from accounts.admin import DictionaryAdmin
from portal.home.models import Notice


@admin.register(Notice)
class NoticeAdmin(DictionaryAdmin):
    """A notice that is out of date is withdrawn, not deleted."""

    list_display = ["title", "published_at", "withdrawn_at"]
    fields = ["title", "body", "published_at", "withdrawn_at"]
    search_fields = ["title"]

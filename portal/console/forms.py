"""The search row above the audit trail."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.audit.names import named_events
from portal.forms import SearchForm


class TrailSearchForm(SearchForm):
    """Who or what, which act, and when."""

    q = forms.CharField(label=_("关键字"), max_length=100)
    event = forms.ChoiceField(label=_("事件"))
    since = forms.DateField(label=_("时间起"))
    until = forms.DateField(label=_("时间止"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["event"].choices = [("", _("全部")), *named_events()]  # type: ignore[attr-defined]

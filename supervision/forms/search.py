"""The search rows above the lists of filings and of awards, and the first question of 新建."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.forms import FewRowsField, PortalForm, SearchForm
from portal.places import District, districts
from projects.places import PlaceField
from supervision.models import Filing

DUE_FIRST = "due"


class FilingSearchForm(SearchForm):
    """关键字 or 施工许可证编号 first, as the guide recommends; dates and the order fold under 更多条件."""

    q = forms.CharField(label=_("关键字"), max_length=100)
    permit = forms.CharField(label=_("施工许可证编号"), max_length=60)
    status = forms.ChoiceField(label=_("状态"), choices=[("", _("全部")), *Filing.Status.choices])
    district = FewRowsField(label=_("所属区域"), queryset=District.objects.all(), rows=districts, empty_label=_("全部"))
    papers = forms.ChoiceField(label=_("材料"), choices=[("", _("全部")), ("missing", _("缺附件"))])
    since = forms.DateField(label=_("更新时间起"))
    until = forms.DateField(label=_("更新时间止"))
    sort = forms.ChoiceField(label=_("排序"), choices=[("", _("最近更新的在前")), (DUE_FIRST, _("办理期限近的在前"))])

    place = PlaceField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["q"].widget.attrs["placeholder"] = _("工程名称、项目名称、编号、单位")


class AwardSearchForm(SearchForm):
    """Projects whose bidding is finished, by any part of their names or numbers."""

    q = forms.CharField(label=_("关键字"), max_length=100)


class BeginForm(PortalForm):
    """For which of the person's enterprises a filing begins."""

    enterprise: forms.ModelChoiceField = forms.ModelChoiceField(
        label=_("办理企业"), queryset=None, empty_label=None, widget=forms.RadioSelect
    )

    def __init__(self, *args: Any, enterprises: Any, first: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["enterprise"].queryset = enterprises  # type: ignore[attr-defined]
        own = first and enterprises.filter(pk=first).first()  # for whom the person acts now
        self.fields["enterprise"].initial = own or enterprises.first()

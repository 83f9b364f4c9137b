"""单位工程信息: one form a row (domain §3.6)."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from supervision.catalogue import Section, StructureType
from supervision.forms.fields import CountField, DayField, MeasureField, YesNoField, as_typed, choice, line
from supervision.forms.kept import KeptForm
from supervision.gaps import UNIT_WORK_STARRED
from supervision.models import UnitWork

FIRST = (
    "name",
    "structure_type",
    "area_above_m2",
    "area_below_m2",
    "floors_above",
    "floors_below",
    "height_m",
    "cost_wan",
)


class UnitWorkForm(KeptForm):
    """One building or section."""

    section = Section.UNIT_WORKS
    starred = UNIT_WORK_STARRED

    id = forms.CharField(widget=forms.HiddenInput)
    name = line(_("单位工程名称"))
    structure_type = choice(_("结构类型"), StructureType.choices)
    area_above_m2 = MeasureField(_("地上面积(m²)"))
    area_below_m2 = MeasureField(_("地下面积(m²)"))
    floors_above = CountField(_("地上层数"), most=300)
    floors_below = CountField(_("地下层数"), most=30)
    height_m = MeasureField(_("高度(m)"), digits=8)
    cost_wan = MeasureField(_("造价(万元)"), digits=16, places=4)
    code = line(_("单位工程编码"), 30)
    span_m = MeasureField(_("跨度(m)"), digits=8)
    length_m = MeasureField(_("长度(m)"), digits=10, help_text=_("市政道路、管线等按长度填写。"))
    is_prefabricated = YesNoField(_("装配式"))
    foundation_type = line(_("基础类型"), 100)
    seismic_grade = line(_("抗震等级"), 40)
    fire_class = line(_("耐火等级"), 40)
    drawing_review_cert_no = line(_("审图合格书编号"), 60)
    planned_start_date = DayField(_("计划开工日期"))
    planned_completion_date = DayField(_("计划竣工日期"))

    def __init__(self, data: Any = None, *, work: UnitWork | None = None, **more: Any) -> None:
        self.work = work
        initial = values_of(work) | {"id": str(work.pk)} if work else {}
        super().__init__(data, initial=initial, **more)

    @property
    def first(self) -> list:
        return [self[name] for name in FIRST]

    @property
    def more(self) -> list:
        return [self[name] for name in self.fields if name not in FIRST and name != "id"]

    @property
    def more_open(self) -> bool:
        return any(field.errors or field.field.remarks or field.value() not in (None, "") for field in self.more)

    @property
    def is_blank(self) -> bool:
        return self.work is None and not any(self.typed().values())

    def row(self) -> dict[str, Any]:
        """The row for the action; what cannot be read is left as it was."""
        return {"key": self.prefix, "id": str(self.work.pk) if self.work else ""} | self.values()


def values_of(work: UnitWork) -> dict[str, Any]:
    values = {name: getattr(work, name) for name in UnitWorkForm.base_fields if name != "id"}
    return {name: value if isinstance(value, bool) else as_typed(value) for name, value in values.items()}

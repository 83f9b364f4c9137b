"""基本信息: the fields of the guide's screen, in its order (domain §5.4)."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.forms import FewRowsField
from portal.places import District, JurisdictionArea
from supervision.catalogue import ConstructionStatus, Datum, ProjectCategory, Section
from supervision.forms.fields import (
    CountField,
    DayField,
    DegreesField,
    MeasureField,
    ProjectNoField,
    ProseField,
    YesNoField,
    as_typed,
    choice,
    line,
)
from supervision.forms.kept import KeptForm
from supervision.frozen import shown_field
from supervision.gaps import BASICS_STARRED
from supervision.location import POINTS, pairs_read
from supervision.models import Filing
from supervision.permit_news import SOURCE_FIELDS, said_by

AXES = {"lng": gettext_lazy("界址点%(n)d GIS经度"), "lat": gettext_lazy("界址点%(n)d GIS纬度")}
# The permit decides what these are; everything else that it brought may be corrected.
OF_PERMIT = ("permit_no", "works_name", "project_name", "project_no")


class BasicsForm(KeptForm):
    """The first tab."""

    section = Section.BASICS

    works_name = line(gettext_lazy("工程名称"))
    project_no = ProjectNoField(label=gettext_lazy("项目编号"), help_text=gettext_lazy("16 位数字；没有可不填。"))
    project_name = line(gettext_lazy("项目名称"))
    project_category = choice(gettext_lazy("项目类别"), ProjectCategory.choices)
    district = FewRowsField(District.objects.all(), label=gettext_lazy("所属区域"))
    address = line(gettext_lazy("工程地址"))
    longitude = DegreesField(gettext_lazy("GIS经度"), help_text=gettext_lazy("十进制度，如 114.318200。"))
    latitude = DegreesField(gettext_lazy("GIS纬度"), help_text=gettext_lazy("十进制度，如 30.642100。"))
    coordinate_datum = forms.ChoiceField(
        label=gettext_lazy("坐标系"),
        choices=Datum.choices,
        help_text=gettext_lazy("从高德、腾讯、百度地图复制的坐标，请选择对应的坐标系。"),
    )
    construction_area_m2 = MeasureField(gettext_lazy("施工面积(m²)"))
    contract_amount_wan = MeasureField(
        gettext_lazy("合同金额(万元)"), digits=16, places=4, help_text=gettext_lazy("单位是万元，不是元。")
    )
    planned_start_date = DayField(gettext_lazy("计划开工日期"))
    planned_completion_date = DayField(gettext_lazy("计划竣工日期"))
    duration_days = CountField(
        gettext_lazy("工期(天)"), most=36500, help_text=gettext_lazy("留空时按开竣工日期自动计算。")
    )
    schedule_code = line(gettext_lazy("工期码"), 50)
    is_prefabricated = YesNoField(gettext_lazy("是否装配式建筑"))
    construction_status = choice(gettext_lazy("项目状态"), ConstructionStatus.choices)
    construction_scale = ProseField(gettext_lazy("建设规模"))
    remarks = ProseField(gettext_lazy("备注"))
    jurisdiction_area = FewRowsField(
        JurisdictionArea.objects.filter(is_active=True),
        label=gettext_lazy("管辖区域"),
        help_text=gettext_lazy("决定由哪个监督站审核，可能与所属区域不同。"),
    )
    permit_no = line(gettext_lazy("施工许可证编号"), 60)
    permit_promised_by = DayField(gettext_lazy("承诺取得施工许可日期"))

    def __init__(self, data: Any = None, *, filing: Filing, **more: Any) -> None:
        self.filing = filing
        self.starred = (*BASICS_STARRED, "permit_no") if filing.spec.needs_permit_no else BASICS_STARRED
        points = dict(points_of(filing))
        fields = {name: DegreesField(label_of_point(name)) for name in points}
        self.base_fields = type(self).base_fields | fields  # type: ignore[misc]
        names = [name for name in self.base_fields if name not in points]
        initial = {name: stored(filing, name) for name in names} | points
        super().__init__(whole_pairs(data), initial=initial, **more)
        for name in ("district", "jurisdiction_area"):
            self.fields[name].empty_label = _("请选择")  # type: ignore[attr-defined]
        if not filing.spec.needs_permit_no:
            del self.fields["permit_no"]
        if not filing.spec.early:
            del self.fields["permit_promised_by"]
        self.mark_sources()

    def mark_sources(self) -> None:
        """Say what came from the permit or the award; what only the permit decides is closed while it is as it says."""
        source = self.filing.permit or self.filing.award
        if source is None:
            return
        whence = _("来自施工许可证") if self.filing.permit else _("来自中标结果")
        name_of_data = _("许可证数据") if self.filing.permit else _("中标数据")
        for name, field in self.fields.items():
            said = said_by(source, name)
            if not said:
                continue
            same = said == shown_field(self.filing, name)
            if same:
                field.help_text = whence
            else:
                field.source = {"whence": name_of_data, "said": said, "may_adopt": name in SOURCE_FIELDS}  # type: ignore[attr-defined]
            if self.filing.permit and name in OF_PERMIT and same and not field.remarks:  # type: ignore[attr-defined]
                field.disabled = True
                field.help_text = _("来自施工许可证，不能修改。如与证载不符，请联系发证机关。")

    def place_of(self, name: str) -> str:
        return "boundary_points" if name.startswith("boundary_points.") else name

    @property
    def points(self) -> Iterator[tuple]:
        return ((self[f"boundary_points.{n}.lng"], self[f"boundary_points.{n}.lat"]) for n in POINTS)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for n in POINTS:
            self.require_pair(cleaned, n)
        if "duration_days" not in self.errors:
            cleaned["duration_days"] = self.worked_out(cleaned)
        return cleaned

    def require_pair(self, cleaned: dict[str, Any], n: int) -> None:
        pair = [f"boundary_points.{n}.{axis}" for axis in AXES]
        missing = [name for name in pair if cleaned.get(name) is None]
        if len(missing) == 1 and missing[0] not in self.errors and not set(pair) & set(self.errors):
            self.add_error(missing[0], ValidationError(_("界址点的经度和纬度要成对填写。")))

    def worked_out(self, cleaned: dict[str, Any]) -> int | None:
        """The days from the two dates where nothing was typed, or where what stood there was worked out before."""
        given, filing = cleaned.get("duration_days"), self.filing
        days = days_between(cleaned.get("planned_start_date"), cleaned.get("planned_completion_date"))
        before = days_between(filing.planned_start_date, filing.planned_completion_date)
        untouched = given == filing.duration_days and given == before
        return days if days and (given is None or untouched) else given

    def values(self) -> dict[str, Any]:
        """The fields of the filing: the corners as one list, in their order; none of it while one cannot be read."""
        values = super().values()
        names = [name for name in self.fields if name.startswith("boundary_points.")]
        read = {name: values.pop(name) for name in names if name in values}
        if len(read) == len(names):
            pairs = [[read[f"boundary_points.{n}.{axis}"] for axis in AXES] for n in POINTS]
            values["boundary_points"] = [pair for pair in pairs if None not in pair]
        return values


def whole_pairs(data: Any) -> Any:
    """What was sent, where a pair pasted into one field stands in both of them."""
    if data is None or not (read := pairs_read(data)):
        return data
    data = data.copy()
    for name, text in read.items():
        data[name] = text
    return data


def stored(filing: Filing, name: str) -> Any:
    attribute = filing._meta.get_field(name).attname  # type: ignore[union-attr]
    value = getattr(filing, attribute)
    return value if isinstance(value, bool) else as_typed(value)


def points_of(filing: Filing) -> Iterator[tuple[str, str]]:
    for n in POINTS:
        point = filing.boundary_points[n - 1] if len(filing.boundary_points) >= n else (None, None)
        for axis, value in zip(AXES, point, strict=True):
            yield f"boundary_points.{n}.{axis}", as_typed(value)


def label_of_point(name: str) -> str:
    _field, n, axis = name.split(".")
    return AXES[axis] % {"n": int(n)}


def days_between(start: Any, end: Any) -> int | None:
    """Calendar days from start to completion, both counted (domain §3.9)."""
    return (end - start).days + 1 if start and end and end > start else None

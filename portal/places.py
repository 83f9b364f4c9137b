"""Where a site lies, and who supervises there: two different things (domain §3.8).

所属区域 is a district of GB/T 2260; 管辖区域 also knows zones that lie across districts and have no such code.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.coordinates import Number
from portal.written import written


class District(models.Model):
    """所属区域: a district, with the rough box around it (degrees), good for a hint and no more."""

    code = models.CharField(_("行政区划代码"), max_length=6, primary_key=True)
    name = models.CharField(_("名称"), max_length=30)
    lng_min = models.FloatField(_("最小经度"))
    lng_max = models.FloatField(_("最大经度"))
    lat_min = models.FloatField(_("最小纬度"))
    lat_max = models.FloatField(_("最大纬度"))

    class Meta:
        app_label = "portal"
        ordering = ["code"]
        verbose_name = _("所属区域")
        verbose_name_plural = _("所属区域")

    def __str__(self):
        return self.name

    def may_hold(self, lng: Number, lat: Number, *, slack: float = 0) -> bool:
        """Whether the point lies in the district's box, or not further than `slack` degrees from it."""
        beside = self.lng_min - slack <= lng <= self.lng_max + slack
        return beside and self.lat_min - slack <= lat <= self.lat_max + slack


@written
def districts() -> models.QuerySet:
    return District.objects.all()


class JurisdictionArea(models.Model):
    """管辖区域: an area of supervision, a district's own or a zone's.

    `suggested_for` holds "district/word" pairs: the area is offered for a site in that district (or * for any)
    whose address or name contains the word; without a word for the whole district.
    """

    code = models.CharField(_("代码"), max_length=10, primary_key=True)
    name = models.CharField(_("名称"), max_length=40)
    district = models.ForeignKey(
        District, models.PROTECT, null=True, blank=True, related_name="areas", verbose_name=_("所属区域")
    )
    suggested_for = ArrayField(models.CharField(max_length=40), default=list, blank=True, verbose_name=_("推荐条件"))
    position = models.PositiveSmallIntegerField(_("排序"), default=0)
    is_active = models.BooleanField(_("启用"), default=True)

    class Meta:
        app_label = "portal"
        ordering = ["position", "code"]
        verbose_name = _("管辖区域")
        verbose_name_plural = _("管辖区域")

    def __str__(self):
        return self.name


def suggest_area(district_code: str, *texts: str) -> JurisdictionArea | None:
    """The area whose longest word occurs in the address or name of a site, else the district's own."""
    text, best, length = " ".join(texts), None, -1
    for area in JurisdictionArea.objects.filter(is_active=True):
        for rule in area.suggested_for:
            place, _slash, word = rule.partition("/")
            if place in (district_code, "*") and word in text and len(word) > length:
                best, length = area, len(word)
    return best


def load_places() -> None:
    """Add the districts and areas that are missing; what an operator edited stays as it is."""
    District.objects.bulk_create(
        [
            District(code=code, name=name, lng_min=west, lng_max=east, lat_min=south, lat_max=north)
            for code, name, west, east, south, north in DISTRICTS
        ],
        ignore_conflicts=True,
    )
    JurisdictionArea.objects.bulk_create(
        [
            JurisdictionArea(code=code, name=name, district_id=district, suggested_for=rules.split(), position=position)
            for position, (code, name, district, rules) in enumerate(AREAS)
        ],
        ignore_conflicts=True,
    )


DISTRICTS = (
    ("420102", "江岸区", 114.257, 114.397, 30.584, 30.701),
    ("420103", "江汉区", 114.217, 114.297, 30.564, 30.644),
    ("420104", "硚口区", 114.146, 114.277, 30.564, 30.633),
    ("420105", "汉阳区", 114.117, 114.287, 30.484, 30.604),
    ("420106", "武昌区", 114.257, 114.414, 30.497, 30.624),
    ("420107", "青山区", 114.337, 114.462, 30.589, 30.672),
    ("420111", "洪山区", 114.167, 114.633, 30.388, 30.698),
    ("420112", "东西湖区", 113.883, 114.287, 30.594, 30.789),
    ("420113", "汉南区", 113.746, 114.107, 30.184, 30.371),
    ("420114", "蔡甸区", 113.697, 114.227, 30.254, 30.684),
    ("420115", "江夏区", 114.030, 114.597, 29.974, 30.539),
    ("420116", "黄陂区", 114.152, 114.607, 30.668, 31.361),
    ("420117", "新洲区", 114.464, 115.077, 30.564, 31.037),
)

AREAS = (
    ("WH-CITY", "市级直管", None, "*/轨道交通 */地铁"),
    ("JA", "江岸区", "420102", "420102/"),
    ("JH", "江汉区", "420103", "420103/"),
    ("QK", "硚口区", "420104", "420104/"),
    ("HY", "汉阳区", "420105", "420105/"),
    ("WC", "武昌区", "420106", "420106/"),
    ("QS", "青山区", "420107", "420107/"),
    ("HS", "洪山区", "420111", "420111/"),
    ("DXH", "东西湖区", "420112", "420112/"),
    ("CD", "蔡甸区", "420114", "420114/"),
    ("JX", "江夏区", "420115", "420115/"),
    ("HP", "黄陂区", "420116", "420116/"),
    ("XZ", "新洲区", "420117", "420117/"),
    (
        "DHGX",
        "东湖新技术开发区",
        None,
        "*/东湖高新 */东湖新技术开发区 420111/关东 420111/花山 420111/左岭 420111/九峰 "
        "420115/佛祖岭 420115/豹澥 420115/龙泉 420115/滨湖",
    ),
    (
        "WHJK",
        "武汉经济技术开发区（汉南区）",
        "420113",
        "*/武汉经开区 */武汉经济技术开发区 420113/ 420114/沌口 420114/军山 420114/沌阳",
    ),
    ("DHFJ", "东湖生态旅游风景区", None, "*/东湖风景区 */东湖生态旅游风景区"),
    (
        "CJXQ",
        "长江新区",
        None,
        "*/长江新区 420102/谌家矶 420116/武湖 420117/阳逻 420117/双柳 420117/仓埠",
    ),
    ("LKG", "临空港经济技术开发区", "420112", "420112/临空港"),
)

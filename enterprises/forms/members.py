"""Forms of 系统授权 and 用户管理."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from enterprises.catalogue import APPOINTMENT, ID_PHOTO
from enterprises.models import BusinessSystem, Enterprise, JoinRequest, Member, Position
from enterprises.permissions import Unfinished
from enterprises.shown import GONE, UNKNOWN, State, in_state, shown_of_all
from portal.crypto import blind_index
from portal.documents.forms import DocumentField
from portal.forms import MobileField, PersonNameField, PortalForm, ResidentIdField, SearchForm
from portal.kept_words import keep_words, kept_words
from portal.validators import clean_text


class DepartmentField(forms.CharField):
    """部门: one line."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(label=_("部门"), max_length=100, required=False, **kwargs)

    def to_python(self, value: Any) -> str:
        return " ".join(clean_text(super().to_python(value) or "").split())


class PositionField(forms.ModelChoiceField):
    """职务 of the dictionary."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Position.objects.none(), label=_("职务"), empty_label=_("请选择"), **kwargs)

    def offer(self, *, also: Position | None = None) -> None:
        """The posts in use, and the one somebody has."""
        self.queryset = Position.objects.filter(Q(is_active=True) | Q(pk=also.pk if also else ""))


class MemberForm(PortalForm):
    """新建用户 (guide §三.4, product §5)."""

    name = PersonNameField()
    id_number = ResidentIdField()
    phone = MobileField(help_text=_("用于登录和接收验证码，须为本人使用的手机号"))
    position = PositionField()
    department = DepartmentField()
    photo = DocumentField(ID_PHOTO)
    appointment = DocumentField(APPOINTMENT, required=False)
    consent = forms.BooleanField(
        label=_("已取得本人单独同意，由本企业提交其身份证照片和身份证号用于核实身份"),
        error_messages={"required": _("请先取得本人的单独同意，再勾选此项。")},
    )

    kinds = {"photo": ID_PHOTO.code, "appointment": APPOINTMENT.code}
    typed = ["name", "id_number", "phone", "position", "department"]

    def __init__(self, *args: Any, enterprise: Enterprise, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["position"].offer()  # type: ignore[attr-defined]
        for name in ("name", "phone"):
            self.fields[name].widget.attrs["autocomplete"] = "off"  # another person's, not one's own
        for name in self.kinds:
            self.fields[name].widget.url = reverse("enterprises:member-file", args=[enterprise.pk, name])  # type: ignore[attr-defined]

    @property
    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.typed}


class BelongForm(PortalForm):
    """申请加入企业: which of those found, as what, and the consent of those who have not given it."""

    enterprise: forms.ModelChoiceField = forms.ModelChoiceField(
        Enterprise.objects.none(),
        label=_("企业名称"),
        empty_label=None,
        widget=forms.RadioSelect,
        error_messages={"required": _("请在查找到的企业中选择一家")},
    )
    position = PositionField()
    message = forms.CharField(label=_("留言"), max_length=200, required=False)
    consent = forms.BooleanField(
        label=_("单独同意处理我的身份证照片"),
        error_messages={"required": _("请阅读单独同意书后勾选，企业才能核实您的身份。")},
    )

    def __init__(self, *args: Any, found: QuerySet[Enterprise], consented: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen: Any = self.fields["enterprise"]
        chosen.queryset = found
        chosen.label_from_instance = lambda one: f"{one.name}（{one.uscc} · {one.verification_mark}）"
        self.fields["position"].offer()  # type: ignore[attr-defined]
        if consented:
            del self.fields["consent"]


class AdmitForm(PortalForm):
    """同意加入申请: the post as asked for, and the department."""

    position = PositionField()
    department = DepartmentField()

    def __init__(self, *args: Any, asked: JoinRequest, **kwargs: Any) -> None:
        super().__init__(*args, initial={"position": asked.position_id}, **kwargs)
        self.fields["position"].offer(also=asked.position)  # type: ignore[attr-defined]


class RosterForm(PortalForm):
    """批量导入: the file, and that everybody in it was asked."""

    file = forms.FileField(
        label=_("Excel 文件"),
        widget=forms.FileInput(attrs={"accept": ".xlsx"}),
        error_messages={"required": _("请选择要导入的 .xlsx 文件。")},
    )
    consent = forms.BooleanField(
        label=_("已取得表中每个人的单独同意，由本企业提交其身份证号用于核实身份"),
        error_messages={"required": _("请先取得每个人的单独同意，再勾选此项。")},
    )


class MemberChangeForm(PortalForm):
    """编辑: what an enterprise may change about a person."""

    position = PositionField()
    department = DepartmentField()

    def __init__(self, *args: Any, member: Member, **kwargs: Any) -> None:
        super().__init__(*args, initial={"position": member.position_id, "department": member.department}, **kwargs)
        self.fields["position"].offer(also=member.position)  # type: ignore[attr-defined]


class SuccessorField(forms.ModelChoiceField):
    """A colleague by name and post; two of one name are told apart by the end of the phone."""

    def label_from_instance(self, member: Member) -> str:
        return f"{member.user.name}（{member.position}，{_('尾号')} {member.user.phone_tail}）"


class HandOverForm(PortalForm):
    """Who goes on with each sort of work that a person leaves behind."""

    def __init__(self, *args: Any, kinds: Iterable[Unfinished], colleagues: QuerySet[Member], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        by_name = colleagues.select_related("user", "position").order_by("user__name", "pk")
        for kind in kinds:
            self.fields[kind.code] = SuccessorField(
                by_name,
                label=str(kind.label),
                required=False,
                empty_label=_("暂不转交"),
                help_text=str(kind.help_text),
                error_messages={"invalid_choice": _("所选的接手人已不是本企业的在职用户，请重新选择。")},
            )

    @property
    def successors(self) -> dict[str, Member]:
        return {code: member for code, member in self.cleaned_data.items() if member}


class SystemsField(forms.ModelMultipleChoiceField):
    """Business systems to tick."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(BusinessSystem.objects.none(), **kwargs)


class SystemsAddForm(PortalForm):
    """添加系统: those that the enterprise does not have yet."""

    systems = SystemsField(label=_("业务系统"))

    def __init__(self, *args: Any, enterprise: Enterprise, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        held = enterprise.grants.filter(revoked_at=None).values("system")
        self.fields["systems"].queryset = BusinessSystem.objects.exclude(pk__in=held)  # type: ignore[attr-defined]
        self.fields["systems"].error_messages["required"] = _("请至少勾选一个系统")


class MemberSystemsForm(PortalForm):
    """The systems of the enterprise that are left on for one person."""

    systems = SystemsField(label=_("可使用的业务系统"), required=False)

    def __init__(self, *args: Any, member: Member, **kwargs: Any) -> None:
        granted = BusinessSystem.objects.filter(grants__enterprise=member.enterprise_id, grants__revoked_at=None)
        off = member.exclusions.values("system")
        super().__init__(*args, initial={"systems": granted.exclude(pk__in=off)}, **kwargs)
        self.fields["systems"].queryset = granted  # type: ignore[attr-defined]

    @property
    def switched_off(self) -> list[BusinessSystem]:
        """What the person has now and would lose."""
        return [system for system in self.initial["systems"] if system not in self.cleaned_data["systems"]]


# The list's search. Names and numbers of people never stand in an address (security 14.2.1): the keyword is posted,
# kept in the session under a random mark, and the address carries the mark.

KEPT = "member_searches"
AT_MOST_ASKED = 1000


def keep_keyword(request: HttpRequest) -> str:
    """Keep the posted keyword in the session; returns its mark, "" if there is none."""
    return keep_words(request, KEPT, request.POST.get("keyword", "")[:50])


class MemberSearchForm(SearchForm):
    """姓名 or 手机号 (in full or its last four digits), 职务, 状态."""

    keyword = forms.CharField(label=_("姓名、手机号"), max_length=50)
    position = PositionField()
    status = forms.ChoiceField(label=_("状态"), choices=[("", _("全部在册")), *State.choices])

    def __init__(self, request: HttpRequest) -> None:
        data = request.GET.copy()
        data.pop("keyword", None)
        self.address = data.copy()
        if keyword := kept_words(request, KEPT, request.GET.get("q", "")):
            data["keyword"] = keyword
        super().__init__(data)
        position = self.fields["position"]
        position.offer()  # type: ignore[attr-defined]
        position.empty_label = _("全部")  # type: ignore[attr-defined]
        self.fields["keyword"].widget.attrs["placeholder"] = _("手机号可只输后四位")

    def _without(self, field: forms.BoundField) -> str:
        query: QueryDict = self.address.copy()
        for name in ("page", "q" if field.name == "keyword" else field.name):
            query.pop(name, None)
        return f"?{query.urlencode()}"

    def restrict(self, members: QuerySet[Member]) -> QuerySet[Member]:
        """The members that meet the conditions; without a status, those who have not left."""
        given = self.given
        members = members.filter(in_state(given["status"]) if "status" in given else ~Q(status__in=GONE))
        if "position" in given:
            members = members.filter(position=given["position"])
        return by_keyword(members, given["keyword"]) if "keyword" in given else members


def by_keyword(members: QuerySet[Member], keyword: str) -> QuerySet[Member]:
    """By a part of the name, the phone, or its last four digits; of people who have not agreed, by what was typed."""
    phone = phone_in(keyword)
    tail = keyword if len(keyword) == 4 and keyword.isascii() and keyword.isdigit() else ""
    if phone:
        known = Q(user__phone_index=blind_index(phone, purpose="phone"))
    else:
        known = Q(user__phone_tail=tail) if tail else Q(user__name__icontains=keyword)
    asked = list(members.filter(status__in=UNKNOWN)[:AT_MOST_ASKED])
    typed = [
        member.pk
        for member, shown in zip(asked, shown_of_all(asked), strict=True)
        if (phone and shown.phone == phone) or (tail and shown.phone[-4:] == tail) or keyword in shown.name
    ]
    return members.filter(~Q(status__in=UNKNOWN) & known | Q(pk__in=typed))


def phone_in(keyword: str) -> str:
    try:
        return MobileField().clean(keyword)
    except ValidationError:
        return ""

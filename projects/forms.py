"""Forms of 项目用户注册, 加入项目 and 项目管理. What is typed lies in the draft as it was typed; here it is cleaned."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.forms import CodeField
from accounts.models import User
from enterprises.catalogue import ID_PHOTO
from enterprises.models import Enterprise, Position
from portal.documents.forms import DocumentField
from portal.documents.models import Document
from portal.forms import (
    MobileField,
    NewPasswordField,
    PersonNameField,
    PortalForm,
    ResidentIdField,
    SearchForm,
    SmsCodeField,
    Textarea,
    UsccField,
)
from portal.kept_words import keep_words, kept_words
from portal.validators import check_project_no, normalise_project_no
from projects.actions.delegating import LONGEST
from projects.actions.ending import why_not_open
from projects.catalogue import COMMITMENT, FILES, HANDOVER_PROOF
from projects.find import NO_PROJECT, Choice
from projects.models import EnterpriseHandover, Project, ProjectUser, Standstill
from projects.places import PlaceField


def address(name: str, *args: str):
    return reverse_lazy(f"projects:{name}", args=args)


class AgreementForm(PortalForm):
    """阅读注册协议. The photo of an ID card needs a consent of its own (PIPL art. 29): two boxes, both unticked."""

    agree = forms.BooleanField(label=_("同意用户协议"))
    consent = forms.BooleanField(
        label=_("单独同意处理我的身份证照片"),
        error_messages={
            "required": _(
                "注册需要上传身份证照片，请阅读单独同意书后勾选。不同意的，可携带身份证原件到监督机构现场办理。"
            )
        },
    )


class PlaceForm(PortalForm):
    """Where somebody works: an enterprise, one of its filed projects, a post. Both are looked up, then chosen."""

    company = forms.CharField(label=_("企业名称"), max_length=100, required=False)
    enterprise = forms.CharField(required=False, label=_("企业名称"))
    works = forms.CharField(label=_("项目名称"), max_length=100, required=False)
    project = forms.CharField(required=False, label=_("项目名称"))
    position = forms.ModelChoiceField(Position.objects.none(), label=_("职务"), empty_label=_("请选择"))

    def __init__(self, *args: Any, choice: Choice, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choice = choice
        self.fields["position"].queryset = Position.objects.filter(is_active=True)  # type: ignore[attr-defined]
        for name, words in {"company": _("请输入企业名称"), "works": _("请输入项目名称")}.items():
            self.fields[name].widget.attrs |= {"autocomplete": "off", "placeholder": words}
        if choice.enterprise:
            self.initial["company"] = choice.enterprise.name

    def clean_enterprise(self) -> Enterprise:
        if self.choice.enterprise:
            return self.choice.enterprise
        if not self.choice.asked:
            raise ValidationError(_("请填写企业名称并选择所属企业"), code="required")
        if self.choice.enterprises:
            raise ValidationError(_("请在查找到的企业中选择一家"), code="required")
        raise ValidationError(_("未找到企业，只能选择已在平台注册的企业"), code="unknown")

    def clean_project(self) -> Project | None:
        if self.choice.project or not self.choice.enterprise:
            return self.choice.project
        if self.choice.closed and (sentence := why_not_open(self.choice.closed)):
            raise ValidationError(sentence, code="closed")
        raise ValidationError(_("请选择项目") if self.choice.projects else NO_PROJECT, code="required")

    @property
    def place(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("project", "enterprise", "position")}


def photo_field(url: str) -> DocumentField:
    return DocumentField(ID_PHOTO, url=url)


def letter_field(url: str) -> DocumentField:
    return DocumentField(COMMITMENT, url=url, template=address("letter"))


class RegistrationForm(PlaceForm):
    """填写基本信息, in the order of the guide's screen."""

    name = PersonNameField(label=_("姓名"))
    id_number = ResidentIdField(label=_("身份证号"))
    id_photo = photo_field(address("user-register-file", "id_photo"))
    letter = letter_field(address("user-register-file", "letter"))
    phone = MobileField(label=_("手机号"), help_text=_("以后用这个号码登录"))
    code = SmsCodeField()
    password = NewPasswordField()

    kinds = FILES

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, words in {"name": _("请输入申请人姓名"), "id_number": _("请输入申请人证件号码")}.items():
            self.fields[name].widget.attrs["placeholder"] = words

    def clean(self) -> None:
        """The password may hold nothing that is known of the person."""
        given = self.cleaned_data
        person = User(kind=User.Kind.PERSONAL, name=given.get("name", ""), phone=given.get("phone"))
        person.id_number = given.get("id_number")
        if password := given.get("password"):
            try:
                validate_password(password, person)
            except ValidationError as error:
                self.add_error("password", error)

    @property
    def person(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in ("name", "phone", "id_number")}


class FilesForm(PortalForm):
    """Photo and letter of somebody who has an account; what they gave before may serve again."""

    id_photo = photo_field("")
    letter = letter_field("")

    kinds = FILES

    def __init__(self, *args: Any, earlier: dict[str, Document], urls: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.earlier = earlier
        for name in FILES:
            self.fields[name].widget.url = urls[name]  # type: ignore[attr-defined]
            if name in earlier:
                self.fields[f"reuse_{name}"] = self.reuse_field(name)
                self.fields[name].required = self.is_bound and f"reuse_{name}" not in self.data

    def reuse_field(self, name: str) -> forms.BooleanField:
        label = _("沿用已上传的%(kind)s") % {"kind": self.earlier[name].label}
        return forms.BooleanField(label=label, required=False, initial=True)

    @property
    def reused(self) -> dict[str, Document]:
        """By kind, the earlier files that are to serve again."""
        return {FILES[name]: file for name, file in self.earlier.items() if self.cleaned_data.get(f"reuse_{name}")}


class JoinForm(PlaceForm, FilesForm):
    """加入项目. The consent is asked of those who have not given it."""

    consent = forms.BooleanField(label=_("单独同意处理我的身份证照片"))

    def __init__(self, *args: Any, consented: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if consented:
            del self.fields["consent"]


class ResubmitForm(FilesForm):
    """修改后重新提交: what the approver marked, and nothing else."""

    position = forms.ModelChoiceField(Position.objects.none(), label=_("职务"), empty_label=None)
    name = PersonNameField(label=_("姓名"))
    id_number = ResidentIdField(label=_("身份证号"))
    field_order = ["position", "name", "id_number", "id_photo", "letter"]

    def __init__(self, *args: Any, marked: list[str], own_words: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["position"].queryset = Position.objects.filter(is_active=True)  # type: ignore[attr-defined]
        asked = {*marked, *(("name", "id_number") if "person" in marked and own_words else ())}
        for name in set(self.fields) - asked:
            del self.fields[name]

    @property
    def person(self) -> dict[str, str] | None:
        """Name and ID number, where they were asked for."""
        return {name: self.cleaned_data[name] for name in ("name", "id_number")} if "name" in self.fields else None


class StatusForm(PortalForm):
    """申请进度查询 without signing in: the phone that was given, and a code to it."""

    phone = MobileField(label=_("手机号"), help_text=_("注册项目用户时填写的手机号"))
    code = SmsCodeField()


class DelegateForm(PortalForm):
    """委托审核: to whom, from when to when."""

    user = forms.ModelChoiceField(User.objects.none(), label=_("受托人"), empty_label=_("请选择"))
    since = forms.DateField(label=_("委托开始日期"), initial=timezone.localdate)
    until = forms.DateField(label=_("委托截止日期"))

    def __init__(self, *args: Any, people: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = self.fields["user"]
        chosen.queryset = people  # type: ignore[attr-defined]
        chosen.label_from_instance = lambda person: f"{person.name}（{person.phone_tail}）"  # type: ignore[attr-defined]
        self.fields["until"].help_text = _("最长 %(most)d 天，到期自动结束，可以再次委托。") % {"most": LONGEST}

    def clean(self) -> None:
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and until < since:
            self.add_error("until", _("截止日期不能早于开始日期。"))


class ConfirmForm(PortalForm):
    """A code to one's own phone before one more approval."""

    code = CodeField(purpose="approval")


KEPT = "approval_searches"


def keep_keyword(request: HttpRequest) -> str:
    """Keep the posted keyword in the session; returns its mark, "" if there is none."""
    return keep_words(request, KEPT, request.POST.get("keyword", "")[:100])


class ApprovalFilter(SearchForm):
    """The search of 项目管理, with the guide's words in the box. The address holds a mark, not what was typed."""

    state = forms.CharField(widget=forms.HiddenInput)
    keyword = forms.CharField(label=_("关键字"), max_length=100)

    def __init__(self, request: HttpRequest) -> None:
        data = request.GET.copy()
        data.pop("keyword", None)
        self.mark = request.GET.get("q", "")
        if keyword := kept_words(request, KEPT, self.mark):
            data["keyword"] = keyword
        super().__init__(data)
        self.fields["keyword"].widget.attrs["placeholder"] = _("姓名、手机号、项目名称")


class ProjectFilter(SearchForm):
    """The search of 我的项目."""

    q = forms.CharField(label=_("关键字"), max_length=100)
    place = PlaceField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["q"].widget.attrs["placeholder"] = _("项目名称、工程名称、项目编号")


class HandoverForm(PortalForm):
    """企业合并与分立: to whom, what, and on what ground."""

    kind = forms.ChoiceField(
        label=_("类型"),
        choices=[("", _("请选择")), *EnterpriseHandover.Kind.choices],
        initial=EnterpriseHandover.Kind.MERGE,
    )
    target = UsccField(label=_("承继企业的统一社会信用代码"), help_text=_("承继企业须已在平台注册"))
    projects: forms.ModelMultipleChoiceField = forms.ModelMultipleChoiceField(
        Project.objects.none(),
        label=_("由新企业承继的项目"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("分立时选择；合并时全部承继，无需选择"),
    )
    evidence = forms.CharField(
        label=_("依据"), max_length=300, widget=Textarea(attrs={"rows": 2}), help_text=_("登记机关的文书名称和文号")
    )
    proof = DocumentField(HANDOVER_PROOF)

    def __init__(self, *args: Any, source: Enterprise, projects: QuerySet[Project], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.source = source
        self.fields["projects"].queryset = projects  # type: ignore[attr-defined]

    def clean_target(self) -> Enterprise:
        target = Enterprise.objects.filter(uscc=self.cleaned_data["target"]).first()
        if target is None:
            raise ValidationError(_("承继企业尚未在平台注册，请先完成企业注册。"))
        if target == self.source:
            raise ValidationError(_("请填写另一家企业的统一社会信用代码。"))
        return target

    def clean(self) -> None:
        if self.cleaned_data.get("kind") == EnterpriseHandover.Kind.SPLIT and not self.cleaned_data.get("projects"):
            self.add_error("projects", _("请选择由新企业承继的项目。"))


class OpinionForm(PortalForm):
    """Why an operator does not agree."""

    opinion = forms.CharField(label=_("不通过的理由"), max_length=300, widget=Textarea(attrs={"rows": 3}))


class ActingForm(PortalForm):
    """指定代理项目经理: who, from when to when, and why."""

    user = forms.ModelChoiceField(User.objects.none(), label=_("代理人员"), empty_label=_("请选择"))
    since = forms.DateField(label=_("代理开始日期"), initial=timezone.localdate)
    until = forms.DateField(label=_("代理截止日期"))
    reason = forms.CharField(
        label=_("原因"), max_length=300, widget=Textarea(attrs={"rows": 3}), help_text=_("监督站会看到。")
    )

    def __init__(self, *args: Any, people: QuerySet[User], left: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = self.fields["user"]
        chosen.queryset = people  # type: ignore[attr-defined]
        chosen.label_from_instance = lambda person: person.name  # type: ignore[attr-defined]
        self.fields["until"].help_text = _("最长 30 天，本次空缺还可代理 %(left)d 天，到期自动结束") % {"left": left}

    def clean(self) -> None:
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and until < since:
            self.add_error("until", _("截止日期不能早于开始日期。"))


class SuspendForm(PortalForm):
    """停工: since when, and why."""

    since = forms.DateField(label=_("停工日期"), initial=timezone.localdate)
    reason = forms.CharField(
        label=_("停工原因"), max_length=300, widget=Textarea(attrs={"rows": 3}), help_text=_("监督站会看到。")
    )

    def clean_since(self):
        since = self.cleaned_data["since"]
        if since > timezone.localdate():
            raise forms.ValidationError(_("停工日期不能晚于今天。"))
        return since


class ResumeForm(PortalForm):
    """恢复施工: when, and after a year the proof that the permit was verified (domain §5.7 53)."""

    on = forms.DateField(label=_("恢复施工日期"), initial=timezone.localdate)
    proof = forms.FileField(
        label=_("施工许可证核验证明"),
        required=False,
        help_text=_("停工满一年的，恢复施工前应报发证机关核验施工许可证（建筑法第十条）。PDF 或照片。"),
    )

    def __init__(self, *args: Any, still: Standstill, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.still = still

    def clean(self) -> None:
        on = self.cleaned_data.get("on")
        if on and (on < self.still.since or on > timezone.localdate()):
            self.add_error("on", _("恢复施工日期应在停工日期之后，且不晚于今天。"))
        elif on and self.still.needs_recheck(on) and not self.cleaned_data.get("proof"):
            self.add_error("proof", _("停工已满一年，请上传发证机关的核验证明。"))


class PartForm(PortalForm):
    """A phase or lot of a project (domain §5.7 34)."""

    works_name = forms.CharField(
        label=_("工程名称"), max_length=200, help_text=_("与施工许可证上的工程名称一致，例如“××项目（一标段）”。")
    )
    project_no = forms.CharField(
        label=_("项目编号"), max_length=20, required=False, help_text=_("16 位数字；沿用原项目编号的不填。")
    )

    def clean_project_no(self) -> str:
        number = normalise_project_no(self.cleaned_data["project_no"])
        if number:
            check_project_no(number)
        return number


class ApproveForm(PortalForm):
    """通过: the approver answers for having looked (security S5)."""

    checked = forms.BooleanField(label=_("本人已核对身份证照片、办理承诺函和任职情况"))


class RejectForm(ApproveForm):
    """驳回."""

    reason = forms.CharField(
        label=_("驳回原因"),
        max_length=300,
        widget=Textarea(attrs={"rows": 3}),
        help_text=_("申请人会看到，请写明需要改什么。"),
    )
    marked = forms.MultipleChoiceField(
        label=_("需要修改的内容"),
        choices=ProjectUser.Part.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("申请人只能修改勾选的内容。都不勾选的，申请到此结束，申请人不能修改后重新提交。"),
    )
    field_order = ["marked", "reason", "checked"]


# 数据接入


class FeedImportForm(PortalForm):
    """A file of permits or awards."""

    file = forms.FileField(
        label=_("文件"),
        help_text=_("xlsx，或 UTF-8、GB18030 编码的 csv，不超过50M。"),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv"}),
    )

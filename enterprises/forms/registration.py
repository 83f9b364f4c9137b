"""The steps of 企业注册. What is typed lies in the draft as it was typed; here it is cleaned."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from accounts.forms import PasswordField, Twice
from accounts.models import User
from enterprises.catalogue import LETTER, LICENCE
from enterprises.models.enterprise import EnterpriseType
from portal.documents.forms import DocumentField
from portal.forms import (
    MobileField,
    NameField,
    NewPasswordField,
    PersonNameField,
    PortalForm,
    ResidentIdField,
    SmsCodeField,
    UsccField,
)
from portal.places import District


def later(name: str, *args: str) -> Any:
    """An address that is looked up when the page is drawn."""
    return reverse_lazy(f"enterprises:{name}", args=args)


class AgreementForm(PortalForm):
    """阅读注册协议."""

    agree = forms.BooleanField(label=_("我已阅读并同意《企业注册协议》"))


class EnterpriseForm(PortalForm):
    """填写企业信息 (product §3). The credit code is looked at as soon as the field is left."""

    name = NameField(label=_("企业名称"), min_length=4, help_text=_("与营业执照上的名称一致"))
    uscc = UsccField(help_text=_("18位，字母和数字，可在营业执照上找到"))
    types = forms.MultipleChoiceField(
        label=_("企业类型"), choices=EnterpriseType, widget=forms.CheckboxSelectMultiple, help_text=_("可多选")
    )
    legal_representative = PersonNameField(label=_("法定代表人"))
    district = forms.ModelChoiceField(District.objects.none(), label=_("所属区域"), empty_label=_("请选择"))
    address = NameField(label=_("注册地址"))
    phone = forms.CharField(label=_("联系电话"), max_length=40, required=False, help_text=_("座机或手机，可不填"))
    licence = DocumentField(LICENCE, url=later("register-file", "licence"))

    kinds = {"licence": LICENCE.code}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["district"].queryset = District.objects.order_by("code")  # type: ignore[attr-defined]
        self.fields["uscc"].widget.attrs |= {
            "data-uscc-check": later("register-check"),
            "data-uscc-words": _("查看处理办法"),
        }
        self.fields["legal_representative"].widget.attrs["autocomplete"] = "off"
        self.fields["name"].widget.attrs["autocomplete"] = "organization"

    def clean_phone(self) -> str:
        phone = self.cleaned_data["phone"]
        if phone and not all(sign.isdigit() or sign in "+-() （）转,、" for sign in phone):
            raise ValidationError(_("联系电话只能包含数字、括号、横线和“转”。"), code="phone")
        return phone

    @property
    def values(self) -> dict[str, Any]:
        """The fields of the enterprise's row."""
        return {name: value for name, value in self.cleaned_data.items() if name not in self.kinds}


class AgentForm(Twice, PortalForm):
    """填写经办人信息. The password may hold nothing that is known of the enterprise or of the agent."""

    agent_name = PersonNameField(label=_("经办人姓名"))
    agent_id_number = ResidentIdField(label=_("身份证号"))
    agent_phone = MobileField(label=_("手机号"), help_text=_("企业管理员账号的验证码和通知发送到这个号码"))
    code = SmsCodeField()
    letter = DocumentField(
        LETTER, required=False, url=later("register-file", "letter"), template=later("register-letter")
    )
    password = NewPasswordField()
    password_again = PasswordField(label=_("确认密码"))

    kinds = {"letter": LETTER.code}

    def __init__(self, *args: Any, enterprise: dict[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.enterprise = enterprise or {}
        self.fields["password_again"].widget.attrs["autocomplete"] = "new-password"

    def clean_password(self) -> str:
        password = self.cleaned_data["password"]
        for user in self.known_people():
            validate_password(password, user)
        return password

    def known_people(self) -> list[User]:
        """The account to be, and the human behind it."""
        given = self.cleaned_data
        agent = User(kind=User.Kind.PERSONAL, name=given.get("agent_name", ""), phone=given.get("agent_phone"))
        agent.id_number = given.get("agent_id_number")
        account = User(kind=User.Kind.ENTERPRISE, name=self.enterprise.get("name", ""))
        account.username = self.enterprise.get("uscc", "")
        return [agent, account]

    @property
    def values(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in ("agent_name", "agent_id_number", "agent_phone")}


class JoinForm(PortalForm):
    """请经办人添加我."""

    name = PersonNameField(label=_("姓名"))
    phone = MobileField()
    code = SmsCodeField()
    message = forms.CharField(
        label=_("留言"),
        max_length=200,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("例如所在项目、职务"),
    )

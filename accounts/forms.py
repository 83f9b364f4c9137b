"""Forms of sign-in, passwords and recovery."""

from typing import Any

from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _

from accounts.catalogue import HELD_ID, RECOVERY_LETTER, RECOVERY_LICENCE
from accounts.codes import WRONG, matching_code, use_code
from accounts.limits import Gate, admit, note_failure, note_success
from accounts.models import User, VerificationCode
from portal.documents.forms import DocumentField
from portal.forms import (
    Habits,
    MobileField,
    NewPasswordField,
    PersonNameField,
    PortalForm,
    ResidentIdField,
    SearchForm,
    SmsCodeField,
    UsccField,
)
from portal.limits import hit

LOCKED = _("登录失败次数过多，请 15 分钟后再试或使用“忘记密码”")


class CodeField(SmsCodeField):
    """短信验证码 with its button, wherever the code is not for a number in the same form."""

    def __init__(self, *, purpose: str, account: str = "", **kwargs: Any) -> None:
        super().__init__(template_name="accounts/code_field.html", **kwargs)
        self.purpose, self.account = purpose, account

    @property
    def url(self) -> str:
        return f"{reverse('accounts:send-code')}?purpose={self.purpose}"


class PasswordField(forms.CharField):
    """A password that exists already: taken as it is typed."""

    widget = forms.PasswordInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(strip=False, **kwargs)
        self.widget.attrs |= {"autocomplete": "current-password"}


class SignInForm(PortalForm):
    """The card of the landing page. On 企业端 18 characters are an enterprise, 11 digits a person."""

    side = forms.CharField(widget=forms.HiddenInput)
    account = forms.CharField(label=_("统一社会信用代码 / 手机号"), strip=False)
    password = PasswordField(label=_("密码"))
    code = CodeField(purpose="sign_in", account="account")

    def __init__(self, *args: Any, side: str, with_code: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        account = self.fields["account"]
        account.widget.attrs |= {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        self.initial["side"] = side
        if side == "staff":
            account.label = _("用户名")
            account.error_messages["required"] = _("请填写用户名")
        if not with_code:
            del self.fields["code"]


class Twice(forms.Form):
    """The last two fields of every form that sets a password."""

    def clean_password_again(self) -> str:
        password, again = self.cleaned_data.get("password"), self.cleaned_data["password_again"]
        if password is not None and password != again:
            raise ValidationError(_("两次输入的密码不一致"))
        return again

    def check_password_of(self, user: User | None) -> None:
        """What depends on the person: name, phone, ID number."""
        try:
            validate_password(self.cleaned_data["password"], user)
        except ValidationError as error:
            self.add_error("password", error)


def new_password() -> NewPasswordField:
    return NewPasswordField(label=_("新密码"))


def password_again() -> PasswordField:
    field = PasswordField(label=_("确认新密码"))
    field.widget.attrs["autocomplete"] = "new-password"
    return field


class CodeAndPasswordForm(Twice, PortalForm):
    """A code to the number on file and a new password. What depends on the person is said only after the code."""

    purpose: str
    code: forms.Field
    password = new_password()
    password_again = password_again()

    def __init__(self, *args: Any, user: User | None, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.request = user, request

    def clean(self) -> dict[str, Any]:
        if not self.errors:
            self.check_code_and_password()
        return self.cleaned_data

    def check_code_and_password(self) -> None:
        phone = self.user.contact_phone() if self.user else None
        try:
            code = matching_code(phone, self.cleaned_data["code"], purpose=self.purpose, request=self.request)
            self.check_password_of(self.user)
            if not self.errors:
                use_code(code)
        except ValidationError as error:
            self.add_error("code", error)


class FirstPasswordForm(CodeAndPasswordForm):
    purpose = "first_password"
    code = CodeField(purpose=purpose)
    field_order = ["code", "password", "password_again"]


class NewPasswordForm(CodeAndPasswordForm):
    purpose = "password_reset"
    code = CodeField(purpose=purpose)
    field_order = ["code", "password", "password_again"]


class RecoverForm(PortalForm):
    """密码重置, first page."""

    account = forms.CharField(label=_("统一社会信用代码 / 手机号"), max_length=60)
    id_tail = forms.CharField(
        label=_("身份证号后六位"),
        max_length=20,
        help_text=_("个人账号填写本人的，企业管理员账号填写经办人的；末位是字母 X 的请照样填写。"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["account"].widget.attrs |= {"autocomplete": "username", "spellcheck": "false"}
        self.fields["id_tail"].widget.attrs |= {"autocomplete": "off", "spellcheck": "false"}


def later(name: str, *args: str) -> Any:
    """An address that is looked up when the page is drawn."""
    return reverse_lazy(name, args=args)


class PhoneChangeForm(PortalForm):
    """手机号更换 with the old number at hand: a code to each. Which of the two is wrong is said only of the old one."""

    old_code = CodeField(purpose="phone_change", label=_("原手机号收到的验证码"))
    phone = MobileField(label=_("新手机号"))
    code = SmsCodeField(label=_("新手机号收到的验证码"))

    def __init__(self, *args: Any, user: User | None, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.request = user, request

    def clean(self) -> dict[str, Any]:
        if not self.errors:
            old = self.right_code("old_code", self.user.contact_phone() if self.user else None, "phone_change")
            new = self.right_code("code", self.cleaned_data["phone"], "new_phone")
            if old and new:
                use_code(old)
                use_code(new)
        return self.cleaned_data

    def right_code(self, field: str, phone: str | None, purpose: str) -> VerificationCode | None:
        try:
            return matching_code(phone, self.cleaned_data[field], purpose=purpose, request=self.request)
        except ValidationError as error:
            self.add_error(field, error)
            return None


class TicketForm(PortalForm):
    """What both applications end with: who applies, and the new number with its code."""

    name = PersonNameField(label=_("姓名"))
    id_number = ResidentIdField(label=_("身份证号"))
    phone = MobileField(label=_("新手机号"), help_text=_("处理结果发送到这个号码；生效后用它找回密码和登录。"))
    code = SmsCodeField()

    kinds: dict[str, str] = {}
    claimed: tuple[str, ...] = ("name", "id_number")

    @property
    def claim(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in self.claimed}


class LostPhoneForm(TicketForm):
    """手机号更换 of a person who has the old number no more."""

    held_id = DocumentField(
        HELD_ID, url=later("accounts:recover-file", "held_id"), label=_("本人手持身份证照片（正面、反面各一张）")
    )

    kinds = {"held_id": HELD_ID.code}


class NewAgentForm(TicketForm):
    """经办人变更: the enterprise names another agent, because the former one left or cannot be reached."""

    uscc = UsccField()
    legal_representative = PersonNameField(label=_("法定代表人"))
    licence = DocumentField(RECOVERY_LICENCE, url=later("accounts:recover-file", "licence"))
    letter = DocumentField(
        RECOVERY_LETTER, url=later("accounts:recover-file", "letter"), template=later("enterprises:register-letter")
    )

    kinds = {"licence": RECOVERY_LICENCE.code, "letter": RECOVERY_LETTER.code}
    claimed = ("uscc", "legal_representative", "name", "id_number")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("新经办人姓名")
        self.fields["id_number"].label = _("新经办人身份证号")
        self.fields["phone"].label = _("新经办人手机号")


class TicketNumberForm(SearchForm):
    """查询进度."""

    number = forms.CharField(label=_("申请编号"), max_length=24)


class TicketStopForm(PortalForm):
    """撤销 with a code to the old number."""

    code = CodeField(purpose="ticket_stop", label=_("原手机号收到的验证码"))


class FindingForm(PortalForm):
    """What the first operator found, for the second one."""

    finding = forms.CharField(
        label=_("核验说明"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("核对了什么、与何处一致，例如已电话回访法定代表人。复核人员会看到。"),
    )


class ReasonForm(PortalForm):
    """Why it goes back or is refused."""

    reason = forms.CharField(label=_("原因"), max_length=300, widget=forms.Textarea(attrs={"rows": 3}))


class PasswordForm(Twice, PortalForm):
    """修改密码 of somebody who knows the present one."""

    old_password = PasswordField(label=_("原密码"))
    password = new_password()
    password_again = password_again()

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean(self) -> dict[str, Any]:
        if not self.errors:
            self.check_password_of(self.user)
        if not self.errors:
            self.check_old_password()
        return self.cleaned_data

    def check_old_password(self) -> None:
        if self.cleaned_data["old_password"] == self.cleaned_data["password"]:
            self.add_error("password", _("新密码不能与原密码相同。"))
        elif problem := problem_with(self.user, self.cleaned_data["old_password"]):
            self.add_error("old_password", problem)


class LinkPasswordForm(Twice, PortalForm):
    """The first password of an account, through its one-time link."""

    password = new_password()
    password_again = password_again()

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean(self) -> dict[str, Any]:
        if not self.errors:
            self.check_password_of(self.user)
        return self.cleaned_data


class QuestionForm(PortalForm):
    """The small sum that a busy network answers before more codes are sent."""

    answer = forms.IntegerField(label=_("答案"), min_value=0, max_value=999)

    def __init__(self, *args: Any, question: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["answer"].label = question


def problem_with(user: User, password: str) -> Any:
    """Why the password of a signed-in person is not accepted, counting guesses as at sign-in; "" if it is right."""
    key = f"again:{user.pk}"
    if admit(key, staff=True) is Gate.LOCKED:
        return _("输错次数过多，请 15 分钟后再试。")
    if user.check_password(password):
        note_success(key, staff=True)
        return ""
    note_failure(key)
    return _("密码不正确。")


# Forms of the second factor: allauth's, in our words and with our limits.


class Counted:
    """Guesses at the six digits are counted as those at a password, and no digits work twice."""

    user: User

    def clean_code(self) -> str:
        key = f"factor:{self.user.pk}"
        if admit(key, staff=True) is Gate.LOCKED:
            raise ValidationError(_("输错次数过多，请 15 分钟后再试。"))
        try:
            code = super().clean_code()  # type: ignore[misc]
            if not hit(f"{key}:{code}", limit=1, seconds=120):
                raise ValidationError(WRONG)
        except ValidationError:
            note_failure(key)
            raise ValidationError(WRONG) from None
        note_success(key, staff=True)
        return code


def factor_code(label: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=12,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )


class SecondFactorForm(Counted, Habits, AuthenticateForm):
    code = factor_code(_("动态验证码"))


class SecondFactorAgainForm(Counted, Habits, ReauthenticateForm):
    code = factor_code(_("动态验证码"))


class ActivateSecondFactorForm(Counted, Habits, ActivateTOTPForm):
    code = factor_code(_("动态验证码"))


class AddPasskeyForm(Habits, AddWebAuthnForm):
    name = forms.CharField(label=_("名称"), max_length=40, help_text=_("例如“办公室电脑”“我的手机”"))
    passwordless = forms.BooleanField(
        label=_("可以代替密码登录"), required=False, help_text=_("需要设备的指纹、面容或锁屏密码。")
    )


class EditPasskeyForm(Habits, EditWebAuthnForm):
    name = forms.CharField(label=_("名称"), max_length=40)


class PasswordAgainForm(PortalForm):
    """The password once more before something delicate."""

    password = PasswordField(label=_("密码"))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_password(self) -> str:
        if problem := problem_with(self.user, self.cleaned_data["password"]):
            raise ValidationError(problem)
        return self.cleaned_data["password"]

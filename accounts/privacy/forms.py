"""Forms of 我的数据 and of the operators' answers."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.privacy.requests import PROOF
from portal.documents.forms import DocumentField
from portal.forms import PersonNameField, PortalForm, ResidentIdField, Textarea


def reason_field(label: Any, help_text: Any = "", required: bool = True) -> forms.CharField:
    area = Textarea(attrs={"rows": 3})
    return forms.CharField(label=label, max_length=500, widget=area, help_text=help_text, required=required)


class CorrectForm(PortalForm):
    """更正姓名、身份证号, with proof."""

    name = PersonNameField(label=_("正确的姓名"))
    id_number = ResidentIdField(label=_("正确的身份证号"))
    proof = DocumentField(PROOF)
    reason = reason_field(_("说明"), _("例如：注册时身份证号最后一位输入错误。"))

    kinds = {"proof": PROOF.code}

    @property
    def values(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in ("name", "id_number")}


class DeleteForm(PortalForm):
    """删除不再需要的资料."""

    reason = reason_field(_("说明"), required=False)
    values = None


class CloseForm(PortalForm):
    """注销账号: the consequences were read."""

    reason = reason_field(_("说明"), required=False)
    understood = forms.BooleanField(label=_("我已了解注销的后果，注销后不能恢复"))
    values = None


class AnswerForm(PortalForm):
    """办理."""

    answer = reason_field(_("答复"), _("申请人会看到。不填写的，答复“已按您的申请办理。”"), required=False)
    checked = forms.BooleanField(label=_("本人已核对申请人的身份和证明材料"))


class DeclineForm(PortalForm):
    """不予办理."""

    answer = reason_field(_("理由"), _("申请人会看到，请写明依据和其他途径。"))

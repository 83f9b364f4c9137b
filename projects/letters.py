"""《办理承诺函》模板: the blank letter of a project user."""

from django.utils.translation import gettext_lazy as _

from enterprises.letters import word_file

COMMITMENT_TITLE = _("办理承诺函")
COMMITMENT = [
    _("致：{platform}"),
    _("　　本人（姓名）____________，身份证号：______________________，手机号：______________________，"),
    _("现任职于（企业名称）____________________________________，"),
    _("在（项目名称）____________________________________ 项目担任（职务）____________，申请注册为该项目的项目用户。"),
    _("　　本人承诺："),
    _("　　一、所填写的信息和上传的材料真实、完整，如有变化及时更新；"),
    _("　　二、账号仅供本人使用，妥善保管密码，不出借、不转让；"),
    _("　　三、以本人账号办理的业务，由本人负责，并接受监督机构的检查；"),
    _("　　四、离开上述项目或单位后，不再以该项目用户的身份办理业务。"),
    "",
    _("　　承诺人（签字）：________________"),
    _("　　所在单位（公章）：________________"),
    _("　　日期：______年____月____日"),
]


def commitment_letter(platform: str) -> bytes:
    """The blank 办理承诺函."""
    return word_file(str(COMMITMENT_TITLE), [str(line).format(platform=platform) for line in COMMITMENT])

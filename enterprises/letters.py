"""Blank forms to fill in and stamp, made as small Word files from their text."""

import io
import zipfile
from xml.sax.saxutils import escape

from django.utils.translation import gettext_lazy as _

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
TYPES = (
    f'{HEAD}<Types xmlns="{PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/word/document.xml" ContentType="{MEDIA_TYPE}.main+xml"/></Types>'
)
RELATIONS = (
    f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="r1" Type="{OFFICE}" Target="word/document.xml"/></Relationships>'
)
FONTS = '<w:rFonts w:ascii="SimSun" w:hAnsi="SimSun" w:eastAsia="SimSun"/>'
A4 = '<w:sectPr><w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1700" w:right="1600" w:bottom="1700" w:left="1600" w:header="850" w:footer="850" w:gutter="0"/></w:sectPr>'

AUTHORISATION_TITLE = _("企业注册授权委托书")
AUTHORISATION = [
    _("致：{platform}"),
    _("　　本单位（企业名称）：____________________________________"),
    _("　　统一社会信用代码：____________________________________"),
    _("　　现授权（经办人姓名）____________（身份证号：______________________，手机号：______________________）"),
    _("为本单位经办人，办理企业注册，保管和使用企业管理员账号，维护企业信息、系统授权和本单位用户。"),
    _("　　经办人以上述账号所作的操作，本单位予以认可并承担相应责任。经办人变更或离职的，本单位及时办理变更。"),
    _("　　委托期限：自______年____月____日起，至本单位书面变更或撤销之日止。"),
    "",
    _("　　法定代表人（签字或盖章）：________________"),
    _("　　经办人（签字）：________________"),
    _("　　委托单位（公章）：________________"),
    _("　　日期：______年____月____日"),
]


def authorisation_letter(platform: str) -> bytes:
    """The blank 授权委托书 of an agent."""
    return word_file(str(AUTHORISATION_TITLE), [str(line).format(platform=platform) for line in AUTHORISATION])


def word_file(title: str, lines: list[str]) -> bytes:
    """A .docx with a centred title and one paragraph a line."""
    return packed(paragraph(title, size=36, centred=True) + "".join(paragraph(line) for line in lines))


def packed(body: str) -> bytes:
    """The .docx file around what stands on its pages."""
    document = f'{HEAD}<w:document xmlns:w="{WORD}"><w:body>{body}{A4}</w:body></w:document>'
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", TYPES)
        package.writestr("_rels/.rels", RELATIONS)
        package.writestr("word/document.xml", document)
    return buffer.getvalue()


def paragraph(text: str, *, size: int = 24, centred: bool = False) -> str:
    """One paragraph; `size` in half points."""
    place = '<w:jc w:val="center"/>' if centred else ""
    weight = "<w:b/>" if centred else ""
    style = f'<w:pPr><w:spacing w:line="480" w:lineRule="auto"/>{place}</w:pPr>'
    look = f'<w:rPr>{FONTS}{weight}<w:sz w:val="{size}"/></w:rPr>'
    return f'<w:p>{style}<w:r>{look}<w:t xml:space="preserve">{escape(text)}</w:t></w:r></w:p>'

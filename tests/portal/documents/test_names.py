"""The name a file is shown and downloaded under."""

import pytest

from portal.documents.names import clean_file_name


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("施工许可证.pdf", "施工许可证.pdf"),
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\Users\\王\\照片.Jpg", "照片.Jpg"),
        ("a\r\nContent-Type: text/html\r\n.pdf", "html.pdf"),
        ("a\r\nX-Header: b\n.pdf", "a X-Header_ b.pdf"),
        ("合同\u202egpj.exe.pdf", "合同gpj.exe.pdf"),
        ("零\u200b宽\ufeff.pdf", "零宽.pdf"),
        ("a\x00b\x07.png", "ab.png"),
        ("  .  ", "未命名"),
        ("", "未命名"),
        ("CON.pdf", "_CON.pdf"),
        ('a<b>"c"|d?.pdf', "a_b__c__d_.pdf"),
        ("张𰻝.jpg", "张𰻝.jpg"),
    ],
)
def test_a_name_is_cleaned(raw, clean):
    assert clean_file_name(raw) == clean


def test_a_long_name_keeps_its_extension_and_whole_characters():
    name = clean_file_name("湖" * 300 + ".pdf")
    assert name == "湖" * 50 + ".pdf"

"""What others see of a name and a number."""

import pytest
from django.template import Context, Template

from portal.masking import mask_id, mask_name, mask_phone


@pytest.mark.parametrize(
    "name, shown",
    [
        ("张三丰", "张**"), ("李四", "李*"), ("欧阳娜娜", "欧**"), ("阿卜杜拉·买买提", "阿**"),
        ("张", "*"), ("", ""), (None, ""), (" 赵敏 ", "赵*"),
    ],
)  # fmt: skip
def test_of_a_name_the_first_character_stays(name, shown):
    assert mask_name(name) == shown


@pytest.mark.parametrize(
    "phone, shown",
    [
        ("13800000001", "138****0001"), ("027-85551234", "027*****1234"), ("8555123", "*****23"),
        ("110", "***"), ("", ""), (None, ""),
    ],
)  # fmt: skip
def test_of_a_phone_the_middle_is_hidden(phone, shown):
    assert mask_phone(phone) == shown


@pytest.mark.parametrize(
    "number, shown",
    [
        ("420102198503129010", "420***********9010"), ("42010619840615907X", "420***********907X"),
        ("E12345678", "E******78"), ("A12", "***"), ("", ""), (None, ""),
    ],
)  # fmt: skip
def test_of_an_id_number_the_region_and_the_end_stay(number, shown):
    assert mask_id(number) == shown


def test_templates_mask_with_the_same_words():
    template = Template("{{ name|mask_name }} {{ phone|mask_phone }} {{ number|mask_id }}")
    context = Context({"name": "张三丰", "phone": "13800000001", "number": "420102198503129010"})
    assert template.render(context) == "张** 138****0001 420***********9010"


@pytest.mark.parametrize(
    "size, shown",
    [
        (0, "0 字节"),
        (None, "0 字节"),
        (812, "812 字节"),
        (1024, "1 KB"),
        (5 * 1024**2, "5 MB"),
        (4_928_307, "4.7 MB"),
        (3 * 1024**4, "3072 GB"),
    ],
)
def test_sizes_are_shown_as_people_read_them(size, shown):
    assert Template("{{ size|filesizezh }}").render(Context({"size": size})) == shown

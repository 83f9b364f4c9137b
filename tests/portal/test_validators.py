"""Numbers and names: what is accepted, what is mended, and what is said about the rest. Vectors: domain §3, §7."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from hypothesis import assume, given
from hypothesis import strategies as st

from portal import validators as v

TODAY = date(2026, 11, 22)
DIGITS = "0123456789"

ENTERPRISES = [
    "91420102MAXC1A019B", "91420106MAXC1A0270", "91420102MAXC1A0351", "12420115MB1C1A0493", "91420106MAXC1B011K",
    "91420107MAXC1B02XR", "91420111MAXC1B038J", "91420103MAXC1C014Q", "91420111MAXC1C0226", "91420106MAXC1D017L",
    "91420105MAXC1E01XH",
]  # fmt: skip
PUBLIC_CODES = ["9144030071526726XG", "91330100799655058B", "91110000802100433B"]
PEOPLE = {
    "420102198503129010": date(1985, 3, 12), "420106197908259033": date(1979, 8, 25),
    "420111199011049023": date(1990, 11, 4), "420115198812199057": date(1988, 12, 19),
    "420116199305309048": date(1993, 5, 30), "420117197602089077": date(1976, 2, 8),
    "420104199507179063": date(1995, 7, 17), "420112198210019099": date(1982, 10, 1),
    "420103200002299085": date(2000, 2, 29), "420105198706069117": date(1987, 6, 6),
    "42010619840615907X": date(1984, 6, 15),
}  # fmt: skip

uscc_bodies = st.tuples(
    st.text(v.USCC_ALPHABET, min_size=2, max_size=2), st.text(DIGITS, min_size=6, max_size=6),
    st.text(v.USCC_ALPHABET, min_size=9, max_size=9),
).map("".join)  # fmt: skip
births = st.dates(date(1951, 12, 1), date(2010, 11, 1))


def refusal(check, value, **kwargs):
    """The code of the error that `check` raises, and its sentence; None when there is no error."""
    try:
        check(value, **kwargs)
    except ValidationError as error:
        return error.code, error.messages[0]
    return None, None


def refused_as(check, value, **kwargs):
    return refusal(check, value, **kwargs)[0]


def id_number(region, born, sequence):
    body = f"{region:06d}{born:%Y%m%d}{sequence:03d}"
    return body + v.ID_CHECKS[sum(int(c) * w for c, w in zip(body, v.ID_WEIGHTS, strict=True)) % 11]


def uscc(body):
    return body + v._uscc_check(body)


# 统一社会信用代码


@pytest.mark.parametrize("code", ENTERPRISES + PUBLIC_CODES)
def test_real_and_sample_credit_codes_are_accepted_without_a_warning(code):
    assert refused_as(v.check_uscc, code) is None
    assert v.uscc_inner_warning(code) is None


@pytest.mark.parametrize("code", ["91350100M000100Y43", "91420102MAXC000830", "91420102MAXC1A011J"])
def test_codes_with_a_right_check_character_are_accepted(code):
    assert refused_as(v.check_uscc, code) is None


@pytest.mark.parametrize(
    "code, error",
    [
        ("91350100M000100Y4Z", "letters"),
        ("91420102MAXC1A019A", "checksum"),
        ("91420102MAXC1A01OB", "letters"),
        ("9142010MAXC1A019B", "length"),
        ("", "length"),
        ("9142010２MAXC1A019B", "character"),
        ("91420102MAXC1A019#", "character"),
        ("91420102maxc1a019b", "character"),
        ("914201A2MAXC1A019B", "region"),
        ("91420102MAXC1A019B\n", "length"),
    ],
)
def test_wrong_credit_codes_are_refused_with_the_reason(code, error):
    assert refused_as(v.check_uscc, code) == error


def test_a_wrong_check_character_of_the_standards_own_example_is_refused():
    assert refused_as(v.check_uscc, "91350100M000100Y44") == "checksum"


@pytest.mark.parametrize("letter", "IOSVZ")
def test_letters_that_no_code_has_are_explained(letter):
    sentence = "代码不含字母 I、O、S、V、Z，请检查是否应为 1、0、5、U、2"
    assert refusal(v.check_uscc, "91420102MAXC1A01" + letter + "B") == ("letters", sentence)


def test_the_sentence_names_the_length_and_the_place():
    assert refusal(v.check_uscc, "9142010MAXC1A019B")[1] == "统一社会信用代码应为18位，您输入了17位。"
    assert refusal(v.check_uscc, "91420102MAXC1A019#")[1] == "统一社会信用代码只含数字和字母，第18位“#”有误。"


def test_the_inner_check_only_warns():
    assert v.uscc_inner_warning("91420102MAXC1A011J") == "代码中的组织机构代码（第9至17位）校验不符，请与营业执照核对。"


@pytest.mark.parametrize(
    "typed",
    [
        " 91420102maxc1a019b ", "9142 0102 MAXC 1A01 9B", "９１４２０１０２ＭＡＸＣ１Ａ０１９Ｂ",
        "91420102-MAXC1A01-9-B", "91420102—MAXC1A019B", "\ufeff91420102MAXC1A019B\u200b", "91420102\u3000MAXC1A019B\n",
    ],
)  # fmt: skip
def test_credit_codes_are_understood_as_people_type_them(typed):
    assert v.normalise_uscc(typed) == "91420102MAXC1A019B"


@given(uscc_bodies, st.integers(0, 17), st.sampled_from(v.USCC_ALPHABET))
def test_any_one_wrong_character_of_a_credit_code_is_noticed(body, position, character):
    # 31 is prime and no weight is a multiple of it, so no single change can pass.
    code = uscc(body)
    assume(code[position] != character)
    assert refused_as(v.check_uscc, code) is None
    changed = code[:position] + character + code[position + 1 :]
    assert refused_as(v.check_uscc, changed) in ("checksum", "region")


@given(uscc_bodies, st.integers(0, 16))
def test_two_swapped_neighbours_of_a_credit_code_are_noticed(body, position):
    code = uscc(body)
    assume(code[position] != code[position + 1])
    swapped = code[:position] + code[position + 1] + code[position] + code[position + 2 :]
    assert refused_as(v.check_uscc, swapped) in ("checksum", "region")


# 居民身份证号


@pytest.mark.parametrize("number, born", PEOPLE.items())
def test_sample_id_numbers_are_accepted_without_a_warning(number, born):
    assert refused_as(v.check_resident_id, number, today=TODAY) is None
    assert v.birth_date(number) == born
    assert v.resident_id_warnings(number, today=TODAY) == []


def test_the_textbook_number_is_right_though_too_old_for_a_site():
    assert refused_as(v.check_resident_id, "11010519491231002X", ages=None, today=TODAY) is None
    assert refused_as(v.check_resident_id, "11010519491231002X", today=TODAY) == "age"


@pytest.mark.parametrize(
    "number, error",
    [
        ("420102198503129011", "checksum"),
        ("42010219850230901X", "date"),
        ("4201021985031290", "length"),
        ("420102850312901", "length"),
        ("42010219850312901O", "character"),
        ("42010219850312９010"[:18], "character"),
        ("42010X198503129010", "character"),
        ("42010219840615907x", "character"),
        ("", "length"),
    ],
)
def test_wrong_id_numbers_are_refused_with_the_reason(number, error):
    assert refused_as(v.check_resident_id, number, today=TODAY) == error


def test_each_reason_has_its_own_sentence():
    numbers = ["4201021985031290", "420102850312901", "42010219850312901O", "42010219850230901X", "420102198503129011",
               id_number(420102, date(2026, 11, 23), 901), id_number(420102, date(2015, 1, 1), 901)]  # fmt: skip
    assert [refusal(v.check_resident_id, number, today=TODAY)[1] for number in numbers] == [
        "身份证号应为18位，您输入了16位。",
        "15位的旧身份证号已停用，请填写18位身份证号。",
        "身份证号前17位应为数字，末位为数字或X，第18位“O”有误。",
        "身份证号中的出生日期（第7至14位）不存在，请核对。",
        "身份证号的校验位不符，请逐位与身份证核对。",
        "身份证号中的出生日期（第7至14位）晚于今天，请核对。",
        "身份证号对应的年龄须在16至75周岁之间，请核对。",
    ]


@pytest.mark.parametrize(
    "born, error, warned",
    [
        (date(2010, 11, 23), "age", True),  # sixteen tomorrow
        (date(2010, 11, 22), None, True),
        (date(2008, 11, 23), None, True),
        (date(2008, 11, 22), None, False),
        (date(1961, 1, 1), None, False),
        (date(1960, 11, 22), None, True),
        (date(1950, 11, 23), None, True),
        (date(1950, 11, 22), "age", True),  # seventy-six today
    ],
)
def test_the_age_counts_to_the_day(born, error, warned):
    number = id_number(420102, born, 901)
    assert refused_as(v.check_resident_id, number, today=TODAY) == error
    assert bool(v.resident_id_warnings(number, today=TODAY)) == warned


def test_an_unknown_region_only_warns():
    number = "42019919850312901X"
    assert refused_as(v.check_resident_id, number, today=TODAY) is None
    assert v.resident_id_warnings(number, today=TODAY) == ["身份证号前6位的行政区划代码不在目录中，请核对。"]


def test_a_county_of_former_times_is_known():
    assert v.resident_id_warnings(id_number(420121, date(1985, 3, 12), 901), today=TODAY) == []


@pytest.mark.parametrize(
    "typed",
    [" 42010619840615907x ", "420106 19840615 907X", "４２０１０６１９８４０６１５９０７ｘ", "420106-19840615-907X"],
)
def test_id_numbers_are_understood_as_people_type_them(typed):
    assert v.normalise_resident_id(typed) == "42010619840615907X"


@given(st.integers(110000, 659999), births, st.integers(0, 999), st.integers(0, 17), st.sampled_from(DIGITS + "X"))
def test_any_one_wrong_character_of_an_id_number_is_noticed(region, born, sequence, position, character):
    # 11 is prime and no weight is a multiple of it, so no single change can pass.
    number = id_number(region, born, sequence)
    assume(number[position] != character)
    assert refused_as(v.check_resident_id, number, today=TODAY) is None
    changed = number[:position] + character + number[position + 1 :]
    assert refused_as(v.check_resident_id, changed, ages=None, today=date.max) in ("checksum", "date", "character")


@given(st.integers(110000, 659999), births, st.integers(0, 999), st.integers(0, 16))
def test_two_swapped_neighbours_of_an_id_number_are_noticed(region, born, sequence, position):
    number = id_number(region, born, sequence)
    assume(number[position] != number[position + 1])
    swapped = number[:position] + number[position + 1] + number[position] + number[position + 2 :]
    assert refused_as(v.check_resident_id, swapped, ages=None, today=date.max) is not None


# 手机号


@pytest.mark.parametrize(
    "typed",
    [
        "19900000001", "+8619900000001", "+86 199 0000 0001", "0086-19900000001", "8619900000001", "199-0000-0001",
        "１９９００００ ０００１", "＋86 19900000001", "\u202a+8619900000001\u202c",
    ],
)  # fmt: skip
def test_mobile_numbers_are_understood_as_people_type_them(typed):
    assert v.normalise_mobile(typed) == "19900000001"
    assert refused_as(v.check_mobile, v.normalise_mobile(typed)) is None


@pytest.mark.parametrize(
    "number, error",
    [
        ("1990000000", "length"), ("199000000011", "length"), ("12900000001", "prefix"), ("29900000001", "prefix"),
        ("1990000000a", "character"), ("+1555123456", "character"), ("", "character"), ("1990000000１", "character"),
        ("19900000001\n", "character"), ("199000000²1", "character"),
    ],
)  # fmt: skip
def test_what_is_no_mobile_number_is_refused(number, error):
    assert refused_as(v.check_mobile, number) == error


@given(st.text(max_size=30))
def test_making_a_number_regular_twice_changes_nothing_more(text):
    for normalise in (v.normalise_uscc, v.normalise_resident_id, v.normalise_project_no, v.normalise_permit_no):
        once = normalise(text)
        assert normalise(once) == once


# 施工许可证编号, 项目编号


@pytest.mark.parametrize(
    "number, warnings",
    [
        ("420102202603150101", []),
        ("420106202607010102", []),
        ("321111201709010201", ["发证机关非武汉"]),
        ("420102202602300101", ["编号中的日期不存在，请核对。"]),
        ("420102202611230101", ["编号中的日期晚于今天，请核对。"]),
        ("420102202611220101", []),
        ("4201022025110900114BJ4001", ["非标准格式"]),
        ("4201022403150001-SX-001", ["非标准格式"]),
        ("[2018]施[朝]建字0072号", ["非标准格式"]),
    ],
)
def test_permit_numbers_are_judged_softly(number, warnings):
    assert v.check_permit_no(number, today=TODAY) == warnings


@pytest.mark.parametrize("number", ["", "42010", "4" * 51, "420102<script>", "420102 20260315", "420102\n"])
def test_what_cannot_be_a_permit_number_is_refused(number):
    assert refused_as(v.check_permit_no, number) == "character"


@pytest.mark.parametrize(
    "typed, number",
    [
        ("〔2018〕施〔朝〕建字 0072号", "[2018]施[朝]建字0072号"),
        ("【2018】施［朝］建字0072号", "[2018]施[朝]建字0072号"),
        (" ４２０１０２２０２６０３１５０１０１ ", "420102202603150101"),
        ("420102 20260315-0101", "420102202603150101"),
        ("4201022403150001—sx—001", "4201022403150001-SX-001"),
    ],
)
def test_permit_numbers_have_one_spelling(typed, number):
    assert v.normalise_permit_no(typed) == number
    assert refused_as(v.check_permit_no, number) is None


@pytest.mark.parametrize(
    "number, warnings",
    [
        ("4201022603150001", []),
        ("4201062605200101", []),
        ("4201142604080001", []),
        ("3211112603150001", ["项目编号的行政区划代码不属于湖北省，请核对。"]),
        ("4201022602300001", ["编号中的日期不存在，请核对。"]),
        ("4201022612010001", ["编号中的日期晚于今天，请核对。"]),
    ],
)
def test_project_numbers_are_judged_softly(number, warnings):
    assert v.check_project_no(number, today=TODAY) == warnings


@pytest.mark.parametrize("number", ["", "420102260315000", "42010226031500011", "420102260315000A", "LS202611220001"])
def test_what_is_not_sixteen_digits_is_no_project_number(number):
    assert refused_as(v.check_project_no, number) == "length"


# Names and texts


@pytest.mark.parametrize(
    "typed, name",
    [
        ("  武汉江城云栖置业有限公司 ", "武汉江城云栖置业有限公司"),
        ("二七云栖府住宅项目(一期)", "二七云栖府住宅项目（一期）"),
        ("谌家矶安置房（南区）", "谌家矶安置房（南区）"),
        ("Ａ座　１＃楼", "A座 1＃楼"),
        ("军山\t项目\n  二期", "军山 项目 二期"),
        ("武\u200b汉\u202e公司\u2066\ufeff", "武汉公司"),
        ("武汉\u3164公司\u00ad", "武汉公司"),
        ("＜script＞", "＜script＞"),
        ("Cafe\u0301", "Café"),
        ("", ""),
    ],
)
def test_names_get_one_spelling(typed, name):
    assert v.clean_name(typed) == name
    assert v.clean_name(name) == name


@pytest.mark.parametrize("character", ["\0", "\x07", "\x1b", "\x7f", "\x85", "\ud800", "\udfff"])
@pytest.mark.parametrize("clean", [v.clean_name, v.clean_text, v.clean_person_name])
def test_control_characters_and_broken_unicode_are_refused(clean, character):
    assert refused_as(clean, f"武汉{character}公司") == "control"


def test_texts_keep_their_lines():
    assert v.clean_text("  一、范围 \r\n\r\n二、\u202e内容\t等\r三 \u2028四 ") == "一、范围\n\n二、内容 等\n三\n四"


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"])))
def test_cleaning_twice_changes_nothing_more(text):
    for clean in (v.clean_name, v.clean_text, v.clean_person_name):
        assert clean(clean(text)) == clean(text)


@pytest.mark.parametrize(
    "typed, name",
    [
        ("张 三", "张三"),
        ("阿卜杜拉 • 买买提", "阿卜杜拉·买买提"),
        ("Ｊohn  Smith", "John Smith"),
        (" 欧阳　娜娜", "欧阳娜娜"),
    ],
)
def test_persons_names_get_one_spelling(typed, name):
    assert v.clean_person_name(typed) == name


@pytest.mark.parametrize(
    "name", ["周启明", "赵敏", "阿卜杜拉·买买提", "John Smith", "O'Neil-Müller", "𠮷田", "\ue5e5丽", "〇一"]
)
def test_persons_names_are_accepted(name):
    assert refused_as(v.check_person_name, name) is None


@pytest.mark.parametrize(
    "name",
    [
        "",
        "张",
        "张三1",
        "张三（临时）",
        "<b>张三</b>",
        "{{7*7}}",
        "·张三",
        "Иван",
        "张三\n",
        "张三；",
        "13800000001",
        "😀😀",
    ],
)
def test_what_is_no_persons_name_is_refused(name):
    assert refused_as(v.check_person_name, name) == "name"


def test_fifty_thousand_characters_are_answered_at_once():
    for text in ("(" * 50_000, "9" * 50_000, "· " * 25_000, "武 " * 25_000, "-" * 50_000):
        for function in (
            v.normalise_uscc,
            v.normalise_mobile,
            v.normalise_permit_no,
            v.clean_text,
            v.clean_person_name,
        ):
            function(text)
        assert refused_as(v.check_person_name, text + "!") == "name"

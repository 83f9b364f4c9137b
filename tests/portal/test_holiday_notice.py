"""Reading a year's holiday notice: every day of it, and whatever could not be read."""

from datetime import date, timedelta

import pytest

from portal.holidays.notice import read_notice

NOTICE_2026 = """国务院办公厅关于2026年
部分节假日安排的通知
国办发明电〔2025〕7号
各省、自治区、直辖市人民政府，国务院各部委、各直属机构：
经国务院批准，现将2026年元旦、春节、清明节、劳动节、端午节、中秋节和国庆节放假调休日期的具体安排通知如下。
一、元旦：1月1日（周四）至3日（周六）放假调休，共3天。1月4日（周日）上班。
二、春节：2月15日（农历腊月二十八、周日）至23日（农历正月初七、周一）放假调休，共9天。2月14日（周六）、2月28日（周六）上班。
三、清明节：4月4日（周六）至6日（周一）放假，共3天。
四、劳动节：5月1日（周五）至5日（周二）放假调休，共5天。5月9日（周六）上班。
五、端午节：6月19日（周五）至21日（周日）放假，共3天。
六、中秋节：9月25日（周五）至27日（周日）放假，共3天。
七、国庆节：10月1日（周四）至7日（周三）放假调休，共7天。9月20日（周日）、10月10日（周六）上班。
节假日期间，各地区、各部门要妥善安排好值班和安全、保卫、疫情防控等工作，遇有重大突发事件，要按规定及时报告并妥善处置，确保人民群众祥和平安度过节日假期。
国务院办公厅
2025年11月4日
"""


def days(first, last):
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def test_a_whole_notice_is_read_to_its_last_day():
    reading = read_notice(NOTICE_2026, 2026)
    free = [day.date for day in reading.days if not day.is_workday]
    worked = [day.date for day in reading.days if day.is_workday]
    assert free == [
        *days(date(2026, 1, 1), date(2026, 1, 3)),
        *days(date(2026, 2, 15), date(2026, 2, 23)),
        *days(date(2026, 4, 4), date(2026, 4, 6)),
        *days(date(2026, 5, 1), date(2026, 5, 5)),
        *days(date(2026, 6, 19), date(2026, 6, 21)),
        *days(date(2026, 9, 25), date(2026, 9, 27)),
        *days(date(2026, 10, 1), date(2026, 10, 7)),
    ]
    assert worked == [
        date(2026, 1, 4),
        date(2026, 2, 14),
        date(2026, 2, 28),
        date(2026, 5, 9),
        date(2026, 9, 20),
        date(2026, 10, 10),
    ]
    assert reading.unread == []
    notes = {day.date: day.note for day in reading.days}
    assert (notes[date(2026, 10, 1)], notes[date(2026, 9, 20)]) == ("国庆节", "国庆节调休")


def test_a_single_day_without_a_range_and_a_double_name():
    text = "元旦：1月1日（周三）放假1天，不调休。\n国庆节、中秋节：10月1日（周三）至8日（周三）放假调休，共8天。"
    reading = read_notice(text, 2025)
    assert [day.date for day in reading.days] == [date(2025, 1, 1), *days(date(2025, 10, 1), date(2025, 10, 8))]
    assert reading.days[-1].note == "国庆节、中秋节"


def test_a_holiday_over_new_year_names_both_years():
    reading = read_notice("元旦：2022年12月31日至2023年1月2日放假调休，共3天。", 2023)
    assert [day.date for day in reading.days] == days(date(2022, 12, 31), date(2023, 1, 2))


@pytest.mark.parametrize(
    ("sentence", "why"),
    [
        ("元旦：1月1日（周五）至3日（周日）放假，共3天。", "2026年1月1日是周四，不是周五，请核对年份和日期。"),
        ("元旦：1月1日至3日放假，共4天。", "写的是“共4天”，按日期计算是 3 天。"),
        ("春节：2月30日放假。", "没有 2月30日 这一天。"),
        ("元旦：12月31日至1月2日放假，共3天。", "起止日期的先后或长度不对；跨年的请写明年份。"),
        ("元旦放假一天。", "没有写明日期。"),
        ("元旦：3日放假。", "日期没有写明月份。"),
        ("妇女节：3月8日放假半天。", "没有说明这些日子是放假还是上班，或两者都有。"),
        ("元旦：1月1日见面。", "没有说明这些日子是放假还是上班，或两者都有。"),
        ("2026-02-30,休息日,春节", "没有 2月30日 这一天。"),
        ("2026-02-16,也许,春节", "第二列请写“工作日”或“休息日”。"),
        ("2019-02-16,休息日,春节", "不是 2026 年前后的日期。"),
    ],
)
def test_what_cannot_be_read_is_said_with_the_reason_and_not_taken(sentence, why):
    reading = read_notice(sentence, 2026)
    assert reading.days == []
    assert [line.why for line in reading.unread] == [why]


def test_one_bad_sentence_does_not_spoil_the_others():
    reading = read_notice("元旦：1月1日（周四）至3日（周六）放假，共3天。1月4日（周一）上班。", 2026)
    assert [day.date.day for day in reading.days] == [1, 2, 3]
    assert [line.text for line in reading.unread] == ["1月4日(周一)上班"]


def test_the_notice_of_another_year_is_told_apart():
    reading = read_notice(
        "国务院办公厅关于2025年部分节假日安排的通知\n清明节：4月4日（周五）至6日（周日）放假，共3天。", 2026
    )
    assert [line.why for line in reading.unread][0] == "这是 2025 年的通知，选择的是 2026 年。"
    assert reading.days == []


def test_a_day_that_is_free_and_worked_is_not_taken():
    reading = read_notice("元旦：1月1日至3日放假。1月3日上班。", 2026)
    assert [day.date.day for day in reading.days] == [1, 2]
    assert [line.text for line in reading.unread] == ["2026-01-03"]


def test_a_table_is_read_row_by_row():
    text = "日期,是否工作日,说明\n2027-01-01,休息日,元旦\n2027/1/3,工作日,调休\n20270104,班,\n"
    found = [(str(day.date), day.is_workday, day.note) for day in read_notice(text, 2027).days]
    assert found == [("2027-01-01", False, "元旦"), ("2027-01-03", True, "调休"), ("2027-01-04", True, "")]


@pytest.mark.parametrize("text", ["", "   ", "你好，世界。", "x" * 5000, "1月" * 900, "（（（（1月1日", "99月99日放假"])
def test_no_text_breaks_it(text):
    assert read_notice(text, 2027).days == []

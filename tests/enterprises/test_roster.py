"""批量导入 of people (feature C4): rows and cells that are wrong, nothing half done."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from openpyxl import Workbook, load_workbook

from accounts.models import Registration, User
from enterprises.actions import import_members
from enterprises.models import Member
from portal.audit.models import AuditEntry
from portal.notifications.models import Message
from tests import make
from tests.supervision.acts import together

pytestmark = pytest.mark.django_db
HEADS = ["姓名*", "身份证号*", "手机号*", "职务*", "部门"]


def url(enterprise, name="roster"):
    return reverse(f"enterprises:{name}", args=[enterprise.pk])


def row(**changed) -> list:
    who = {
        "name": "吴倩",
        "id_number": make.id_number(),
        "phone": make.phone(),
        "post": "资料员",
        "department": "工程部",
    }
    return list((who | changed).values())


def xlsx(rows, heads=HEADS, name="人员.xlsx") -> SimpleUploadedFile:
    book = Workbook()
    for cells in [heads, *rows]:
        book.active.append(cells)
    buffer = io.BytesIO()
    book.save(buffer)
    return SimpleUploadedFile(name, buffer.getvalue())


def upload(desk, enterprise, file, **more):
    return desk.post(url(enterprise), {"file": file, "consent": "on"} | more)


def preview(desk, enterprise) -> str:
    return desk.get(url(enterprise, "roster-preview")).content.decode()


def confirm(desk, enterprise):
    return desk.post(url(enterprise, "roster-preview"), follow=True)


def table_of(response) -> list[list]:
    return [list(cells) for cells in load_workbook(io.BytesIO(response.content)).worksheets[0].values]


def test_five_hundred_rows_of_which_seven_are_wrong(desk, enterprise):
    rows = [row(name=f"王{chr(0x4E00 + at)}") for at in range(500)]
    rows[3][0] = ""
    rows[10][1] = "420102199001011230"  # its check character is wrong
    rows[20][2] = "1391234"
    rows[30][3] = "总经理助理的司机"
    rows[40][4] = "=HYPERLINK(1)"
    rows[50][1] = rows[49][1]
    rows[60][2] = rows[59][2]
    upload(desk, enterprise, xlsx(rows))
    page = preview(desk, enterprise)
    assert "可以导入 493 人，7 行需要更正" in page and not Member.objects.exists()
    assert (
        "第 5 行：姓名" in page
        and "与第 51 行重复" in page
        and "不能是公式" in page
        and rows[0][1] not in page
        and rows[0][2] not in page
    )

    page = confirm(desk, enterprise).content.decode()

    assert "已导入 493 人，还有 7 行需要更正" in page
    assert Member.objects.filter(status="active", created_account=True).count() == 493
    assert Message.objects.filter(event="member.created").count() == 493
    assert AuditEntry.objects.filter(event="member.added").count() == 493

    heads, *wrong = table_of(desk.get(url(enterprise, "roster-wrong")))
    assert heads == [*HEADS, "需要更正"] and len(wrong) == 7 and wrong[2][5].startswith("手机号：")
    mended = [[f"李{chr(0x4E00 + at)}", make.id_number(), make.phone(), "资料员", None] for at in range(7)]
    upload(desk, enterprise, xlsx(mended))
    confirm(desk, enterprise)
    assert Member.objects.count() == 500 and not Registration.objects.filter(completed_at=None).exists()


def test_a_person_of_the_list_signs_in_with_the_initial_password_and_must_change_it(desk, enterprise):
    given = row()
    upload(desk, enterprise, xlsx([given]))
    confirm(desk, enterprise)
    user = User.objects.by_phone(given[2])
    assert user.check_password("Zjwh@123!") and user.must_change_password and user.initial_until


def test_who_has_an_account_is_invited_and_looks_the_same_to_the_enterprise(desk, enterprise):
    known = make.person("赵敏")
    upload(desk, enterprise, xlsx([row(name="赵小敏", id_number=known.id_number, phone=known.phone), row()]))
    assert "可以导入 2 人" in preview(desk, enterprise)

    page = confirm(desk, enterprise).content.decode()

    assert Member.objects.get(user=known).status == "invited"
    assert User.objects.get(pk=known.pk).name == "赵敏" and "赵小敏" in page and page.count("待本人确认") >= 2
    assert Message.objects.get(event="member.invited").user == known


def test_whoever_is_on_the_list_already_is_said_in_the_row(desk, enterprise):
    here = make.member(enterprise).user
    for given in (row(phone=here.phone), row(id_number=here.id_number)):
        upload(desk, enterprise, xlsx([given]))
        assert "此人已在本企业的用户列表中" in preview(desk, enterprise)
        assert confirm(desk, enterprise).status_code == 409
    assert Member.objects.count() == 1


def test_one_account_in_two_rows_is_one_person(desk, enterprise):
    known = make.person()
    upload(desk, enterprise, xlsx([row(id_number=known.id_number), row(phone=known.phone)]))
    assert "可以导入 1 人，1 行需要更正" in preview(desk, enterprise)


def test_nobody_is_added_when_somebody_was_added_in_between(desk, enterprise):
    rows = [row(), row()]
    upload(desk, enterprise, xlsx(rows))
    make.member(enterprise, make.person(phone=rows[1][2]))
    assert confirm(desk, enterprise).status_code == 409
    assert Member.objects.count() == 1 and User.objects.by_phone(rows[0][2]) is None


def test_somebody_who_left_is_asked_again(desk, enterprise):
    gone = make.member(enterprise, status="left").user
    upload(desk, enterprise, xlsx([row(id_number=gone.id_number, phone=gone.phone)]))
    confirm(desk, enterprise)
    assert set(gone.memberships.values_list("status", flat=True)) == {"left", "invited"}


def test_numbers_that_excel_shortened_are_explained(desk, enterprise):
    upload(desk, enterprise, xlsx([row(id_number=420102199001011230), row(phone=int(make.phone()))]))
    page = preview(desk, enterprise)
    assert "请把这一格设为文本格式" in page and "可以导入 1 人" in page


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (lambda: SimpleUploadedFile("人员.csv", b"a,b"), "只支持 .xlsx"),
        (lambda: SimpleUploadedFile("人员.xlsx", b"PK nothing"), "不是 Excel 文件"),
        (lambda: SimpleUploadedFile("人员.xlsx", b"0" * (2 * 1024 * 1024 + 1)), "文件超过 2 M"),
        (lambda: xlsx([row()], heads=["名字"]), "没有表头"),
        (lambda: xlsx([]), "没有读到人员"),
        (lambda: xlsx([["张三"]] * 1001), "一次最多导入 1000 人"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(desk, enterprise, file, said):
    assert said in upload(desk, enterprise, file()).content.decode()
    assert not Registration.objects.exists()


def test_consent_and_file_are_needed(desk, enterprise):
    page = desk.post(url(enterprise), {}).content.decode()
    assert "请选择要导入的 .xlsx 文件" in page and "请先取得每个人的单独同意" in page


def test_formulas_come_back_as_text(desk, enterprise):
    book = Workbook()
    book.active.append(HEADS)
    book.active.append([*row()[:4], "@SUM(A1)"])
    book.active["E2"].data_type = "s"
    buffer = io.BytesIO()
    book.save(buffer)
    upload(desk, enterprise, SimpleUploadedFile("人员.xlsx", buffer.getvalue()))
    sheet = load_workbook(io.BytesIO(desk.get(url(enterprise, "roster-wrong")).content)).worksheets[0]
    assert (sheet["E2"].value, sheet["E2"].data_type, sheet["E2"].quotePrefix) == ("@SUM(A1)", "s", True)


def test_the_template_is_filled_and_taken(desk, enterprise):
    book = load_workbook(io.BytesIO(desk.get(url(enterprise, "roster-template")).content))
    book.worksheets[0].append(row())
    buffer = io.BytesIO()
    book.save(buffer)
    upload(desk, enterprise, SimpleUploadedFile("人员.xlsx", buffer.getvalue()))
    assert "可以导入 1 人，0 行需要更正" in preview(desk, enterprise)


def test_others_see_and_do_nothing(desk, client, enterprise):
    upload(desk, enterprise, xlsx([row()]))
    for stranger in (make.administrator_of(make.enterprise()), make.person(), make.operator()):
        client.force_login(stranger)
        for name in ("roster", "roster-preview", "roster-wrong", "roster-template"):
            assert client.get(url(enterprise, name)).status_code == 404
            assert client.post(url(enterprise, name)).status_code in (404, 405)
    assert not Member.objects.exists()


def test_a_file_of_one_enterprise_is_not_confirmed_in_another(desk, enterprise):
    upload(desk, enterprise, xlsx([row()]))
    assert desk.post(url(make.enterprise(), "roster-preview")).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_two_confirmations_at_once_add_everybody_once():
    make.reference()
    enterprise = make.enterprise()
    administrator = make.administrator_of(enterprise)
    people = [row() for _ in range(5)]
    desk = Client()
    desk.force_login(administrator)
    upload(desk, enterprise, xlsx(people))
    draft = Registration.objects.get(kind="roster")

    outcomes = together(*[lambda: import_members(enterprise, draft, by=administrator)] * 2)

    assert sorted(outcomes)[-1] == "done" and outcomes.count("done") == 1
    assert Member.objects.count() == 5 and Message.objects.filter(event="member.created").count() == 5


def test_five_hundred_ask_the_database_a_few_times_for_each_new_person(
    desk, enterprise, administrator, django_assert_max_num_queries
):
    """Of each new person only the posts that may wait for them are looked for; all else is shared."""
    people = [row() for _ in range(20)]
    upload(desk, enterprise, xlsx(people))
    draft = Registration.objects.get(kind="roster")
    with django_assert_max_num_queries(90):
        assert import_members(enterprise, draft, by=administrator) == 20
    assert AuditEntry.objects.filter(event="member.added", enterprise_id=enterprise.pk).count() == 20
    assert AuditEntry.objects.filter(event="account.created").count() >= 20

"""The straight way again, with what the portal refuses on it: each is said at its place, and nothing typed is lost."""

import pytest

from tests import make
from tests.e2e import walk

RULE = "只能上传jpg/jpeg/png/PNG/JPG/JPEG文件，且不超过5M"


def large_photo():
    """6 MB that begin like a photo."""
    photo = make.jpeg("大照片.jpg")
    photo.seek(0, 2)
    photo.write(b"\0" * (6 * 1024 * 1024))
    photo.seek(0)
    return photo


def disguised():
    """A web page under the name of a photo."""
    page = make.jpeg("网页.jpg")
    page.seek(0)
    page.truncate()
    page.write(b"<!doctype html><script>alert(1)</script>")
    page.seek(0)
    return page


def refuses(person, field, file, words):
    """Give the file; the control says why it is not taken, and the file can be put aside."""
    page = person.page
    page.set_input_files(f"[name={field}]", [walk.as_file(file)])
    row = page.locator(f"[data-upload]:has([name={field}]) .upload__item").filter(has_text=file.name)
    row.filter(has_text=words).wait_for()
    walk.look(person)
    row.get_by_role("button", name="移除").click()
    assert row.count() == 0


def test_a_wrong_credit_code_is_explained_and_nothing_typed_is_lost(reference, people):
    visitor, unit = people(), walk.company("武汉青山造船厂建设有限公司")
    page = walk.agree(visitor)
    wrong = unit.uscc[:-1] + ("A" if unit.uscc[-1] != "A" else "B")
    walk.type_enterprise(visitor, unit._replace(uscc=wrong))
    walk.upload(visitor, "licence", make.jpeg("营业执照.jpg", (800, 500)))
    walk.press(page, "下一步")
    assert visitor.sees("提交的内容需要修改")
    walk.look(visitor)
    assert "校验" in page.locator("#id_uscc_error").inner_text()
    assert page.input_value("[name=name]") == unit.name and visitor.sees("营业执照.jpg")
    page.fill("[name=uscc]", f" {unit.uscc.lower()} ")
    walk.press(page, "下一步")
    walk.arrive(visitor, "**/enterprise/3/")


@pytest.fixture
def office(reference, people):
    """The administrator of an enterprise at 用户管理 → 新建用户."""
    unit = make.granted(make.enterprise("湖北楚天宏基建设集团有限公司"))
    person = people()
    walk.sign_in(person, unit.uscc)
    person.opens(f"/platform/enterprises/{unit.pk}/users/new/")
    return person


def test_a_photo_of_six_megabytes_and_a_disguised_page_are_refused(office):
    refuses(office, "photo", large_photo(), RULE)
    refuses(office, "photo", disguised(), "网页")
    walk.press(office.page, "确定")
    assert office.sees("请上传身份证照片")
    walk.look(office)


def test_wrong_numbers_of_a_new_user_are_explained(office):
    page = office.page
    walk.type_in(page, name="赵敏", id_number="420102199001011234", phone="1380013800")
    walk.press(page, "确定")
    assert office.sees("提交的内容需要修改")
    wrong = page.locator("[aria-invalid=true]").evaluate_all("fields => fields.map(field => field.name)")
    assert {"id_number", "phone", "position"} <= set(wrong)
    assert page.input_value("[name=name]") == "赵敏"
    walk.look(office)


def test_a_wrong_password_and_the_other_side_say_the_same(reference, people):
    person, visitor = make.person(), people()
    for account, side in [(person.phone, "管理端"), ("19900000000", "企业端"), (person.phone, "企业端")]:
        password = "Wrong-password-1" if side == "企业端" else make.PASSWORD
        walk.sign_in(visitor, account, password, side=side, to="**/*")
        assert visitor.sees("账号或密码错误")
    walk.look(visitor)


def test_the_initial_password_is_never_a_new_one(reference, people):
    somebody, newcomer = walk.human("吴倩"), people()
    walk.create_account(somebody)
    page = walk.sign_in(newcomer, somebody.phone, walk.INITIAL_PASSWORD, to="**/first-password/")
    walk.get_code(newcomer, somebody.phone)
    walk.type_in(page, password=walk.INITIAL_PASSWORD, password_again=walk.INITIAL_PASSWORD)
    walk.press(page, "确定")
    assert newcomer.sees("提交的内容需要修改")
    walk.look(newcomer)
    newcomer.opens("/apps/")
    newcomer.page.wait_for_url("**/first-password/")  # nothing else is open yet

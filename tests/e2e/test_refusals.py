"""The straight way again, with what the portal refuses on it: each is said at its place, and nothing typed is lost."""

import pytest

from portal.documents.models import Document
from projects.models import PartyType
from supervision.models import Filing, Review
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


def test_a_photo_of_six_megabytes_is_made_smaller_and_a_disguised_page_is_refused(office):
    refuses(office, "photo", disguised(), "网页")
    walk.press(office.page, "确定")
    assert office.sees("请上传身份证照片")
    walk.look(office)
    office.page.set_input_files("[name=photo]", [walk.as_file(large_photo())])
    row = office.page.locator("[data-upload]:has([name=photo]) .upload__item").filter(has_text="大照片.jpg")
    row.filter(has_text="照片过大，上传前已在本机缩小").wait_for()


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


def test_a_filing_without_a_party_names_what_is_missing_and_waits(reference, people):
    clerk, person = make.site_officer(), people()
    filing = make.ready_filing(by=clerk)
    filing.parties.filter(party_type=PartyType.SUPERVISOR).delete()
    walk.sign_in(person, clerk.phone)
    page = walk.visit(person, f"/filing/{filing.pk}/edit/")
    assert page.get_by_role("link", name="报监", exact=True).count() == 0
    page = walk.visit(person, f"/filing/{filing.pk}/submit/")
    assert person.sees("缺：监理单位及其总监理工程师")
    walk.follow(page, "去填写")
    page.wait_for_url("**/edit/parties/#supervisor")
    walk.fill_parties(person, {"supervisor": (walk.company("武汉恒信工程监理咨询有限公司"), walk.human("李晓楠"))})
    walk.submit(person, "安监", "质监")
    assert Filing.objects.get().status == Filing.Status.SUBMITTED


def test_what_cannot_be_read_is_said_and_kept_and_keeps_the_filing_back(reference, people):
    clerk, person = make.site_officer(), people()
    filing = make.ready_filing(by=clerk)
    walk.sign_in(person, clerk.phone)
    page = person.opens(f"/filing/{filing.pk}/edit/basics/")
    page.fill("[name=construction_area_m2]", "十二万平方米")
    walk.press(page, "保存")
    page.locator("#construction_area_m2_error").wait_for()
    walk.look(person)
    assert page.input_value("[name=construction_area_m2]") == "十二万平方米"
    assert walk.badges(person)[0] == "有误"
    assert Filing.objects.get().construction_area_m2 == filing.construction_area_m2
    person.opens(f"/filing/{filing.pk}/submit/")
    assert page.get_by_role("button", name="确定报监").count() == 0


def test_a_disguised_attachment_is_refused_and_the_sound_one_beside_it_is_kept(reference, people):
    clerk, person = make.site_officer(), people()
    filing = make.draft_filing(by=clerk)
    walk.sign_in(person, clerk.phone)
    page = person.opens(f"/filing/{filing.pk}/edit/attachments/")
    page.set_input_files("[name=M29]", [walk.as_file(disguised()), walk.as_file(make.jpeg("现场.jpg", (800, 500)))])
    rows = page.locator("#M29 .upload__item")
    rows.filter(has_text="网页.jpg").locator(".is-refused").wait_for()
    walk.arrived(person, "M29", "现场.jpg")
    assert [document.name for document in Document.objects.all()] == ["现场.jpg"]
    walk.look(person)


def test_strangers_meet_nothing_at_any_address_of_a_filing(reference, people):
    clerk = make.site_officer()
    filing = make.submitted_filing(by=clerk)
    review = filing.reviews.get(role="safety")
    make.returned(review)
    document = make.ready_document("material", filing, make.pdf(), by=clerk)
    pages = ["", "submit/", "done/", "withdraw/", "corrections/", "resubmit/", "receipt.pdf", "edit/"]
    pages += [f"edit/{tab}/" for tab in walk.TABS[1:]]
    own = [f"/filing/{filing.pk}/{page}" for page in pages] + [f"/documents/{document.pk}/"]
    desk = [f"/review/{review.pk}/", f"/review/{review.pk}/decide/"]

    visitor, stranger, elsewhere = people(), people(), people()
    assert {status_at(visitor, path) for path in desk + own[:-1]} == {"/"}  # to the sign-in card
    walk.sign_in(stranger, make.site_officer("周启明").phone)
    assert {status_at(stranger, path) for path in own + desk} == {404}
    walk.visit(stranger, own[0])
    assert stranger.page.get_by_role("heading", level=1).inner_text() == "没有找到这个页面"
    walk.sign_in(elsewhere, make.officer("safety", "WC").username, side="管理端")
    assert {status_at(elsewhere, path) for path in own + desk} == {404}


def status_at(person, path: str) -> int | str:
    """What the server says at the address, or where it leads somebody who is not signed in."""
    reply = person.context.request.get(path)
    return "/" if reply.ok and "account" in reply.text() and "?next=" in reply.url else reply.status


def test_a_return_without_a_remark_is_refused_and_the_opinion_stays(reference, people):
    filing = make.submitted_filing()
    review = filing.reviews.get(role="quality")
    reader, person = make.officer("quality"), people()
    walk.sign_in(person, reader.username, side="管理端")
    page = walk.open_review(person, str(filing))
    walk.accept(person)
    walk.follow(page, "退回补正")
    page.wait_for_url("**/decide/**")
    page.fill("[name=opinion]", "请补正。")
    walk.press(page, "提交决定")
    assert person.sees("请先添加至少一条补正意见")
    walk.look(person)
    assert page.input_value("[name=opinion]") == "请补正。"
    assert Review.objects.get(pk=review.pk).status == Review.Status.ACCEPTED

"""The upload component in a real browser, with script and without."""

import base64

import pytest
from django.conf import settings as configured
from playwright.sync_api import expect

from portal.documents import storage
from portal.documents.models import Document, Transfer
from portal.documents.tasks import check_documents
from tests.portal.documents import files

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def visit(chromium, web, owner, live_server):
    """Opens a page as the owner: visit("/page/", script=False). Any violation of the policy fails the test."""
    web.force_login(owner)
    session = {"name": configured.SESSION_COOKIE_NAME, "value": web.cookies[configured.SESSION_COOKIE_NAME].value}
    contexts, violations = [], []

    def go(path, *, script=True):
        context = chromium.new_context(java_script_enabled=script, locale="zh-CN")
        context.add_cookies([session | {"url": live_server.url}])
        page = context.new_page()
        page.on("console", lambda said: violations.append(said.text) if "Content Security" in said.text else None)
        page.on("pageerror", lambda error: violations.append(str(error)))
        page.goto(live_server.url + path)
        if script:
            page.wait_for_selector("html.js")
            page.wait_for_load_state("networkidle")
        contexts.append(context)
        return page

    yield go
    for context in contexts:
        context.close()
    assert violations == []


DROP = """(text) => {
    const files = new DataTransfer();
    files.items.add(new File([Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0))], "b.jpg"));
    const drop = new DragEvent("drop", { dataTransfer: files, bubbles: true, cancelable: true });
    document.querySelector("[data-zone]").dispatchEvent(drop);
}"""


def file(name, data=None):
    return {"name": name, "mimeType": "application/octet-stream", "buffer": data or files.image()}


def test_files_go_up_one_by_one_and_their_check_is_followed(visit, owner):
    page = visit("/many/")
    page.set_input_files("#id_papers", [file("a.jpg"), file("b.pdf", files.pdf()), file("c.gif")])

    rows = page.locator(".upload__item")
    expect(rows.filter(has_text="检查中")).to_have_count(2)
    expect(rows.filter(has_text="c.gif")).to_contain_text("只能上传pdf/jpg/jpeg/png/docx/xlsx/ofd文件，且不超过20M")
    assert Document.objects.held_by(owner).count() == 2
    check_documents()
    expect(rows.filter(has_text="可用")).to_have_count(2, timeout=15_000)
    expect(rows.filter(has_text="a.jpg").locator("img")).to_be_visible()
    rows.filter(has_text="c.gif").get_by_role("button", name="移除").click()
    expect(rows).to_have_count(2)
    page.reload()
    expect(page.locator(".upload__item")).to_have_count(2)


def test_a_file_is_replaced_and_removed_in_its_row(visit, owner):
    page = visit("/many/")
    page.set_input_files("#id_papers", [file("a.jpg"), file("b.jpg", files.image(colour="tan"))])
    rows = page.locator(".upload__item")
    expect(rows.filter(has_text="检查中")).to_have_count(2)
    with page.expect_file_chooser() as chooser:
        rows.filter(has_text="a.jpg").get_by_role("button", name="更换").click()
    chooser.value.set_files(file("c.jpg", files.image(colour="olive")))
    expect(rows.filter(has_text="c.jpg")).to_contain_text("检查中")
    expect(rows.filter(has_text="a.jpg")).to_have_count(0)
    rows.filter(has_text="b.jpg").get_by_role("button", name="删除").click()
    expect(rows).to_have_count(1)
    assert [document.name for document in Document.objects.held_by(owner)] == ["c.jpg"]


def test_a_broken_upload_goes_on_by_itself(visit, owner):
    page = visit("/many/")
    broken = []

    def break_once(route):
        broken.append(1)
        route.abort() if len(broken) == 1 else route.continue_()

    page.route("**/papers/", break_once)
    page.set_input_files("#id_papers", [file("a.jpg")])
    expect(page.locator(".upload__item")).to_contain_text("网络中断，稍后自动重试")
    expect(page.locator(".upload__item")).to_contain_text("检查中", timeout=10_000)
    assert (len(broken), Document.objects.held_by(owner).count()) == (2, 1)


def test_a_dropped_file_replaces_the_photo_and_is_not_sent_twice(visit, owner):
    page = visit("/page/")
    page.set_input_files("#id_photo", file("a.jpg"))
    expect(page.locator(".upload__item")).to_contain_text("检查中")
    page.evaluate(DROP, base64.b64encode(files.image(colour="tan")).decode())
    expect(page.locator(".upload__item").filter(has_text="b.jpg")).to_contain_text("检查中")
    expect(page.locator(".upload__item")).to_have_count(1)
    page.fill("[name=name]", "李晓楠")
    page.click("#send")
    expect(page.locator("body")).to_have_text("done b.jpg")
    assert Document.objects.of(owner).count() == 2


def test_a_form_waits_for_files_that_are_on_their_way(visit):
    page = visit("/page/")
    held = []
    page.route("**/photo/", lambda route: held.append(route))
    page.set_input_files("#id_photo", file("a.jpg"))
    page.fill("[name=name]", "李晓楠")
    page.click("#send")
    expect(page.locator(".upload__item")).to_contain_text("还有文件正在上传")
    held[0].continue_()
    expect(page.locator(".upload__item")).to_contain_text("检查中")
    page.click("#send")
    expect(page.locator("body")).to_have_text("done a.jpg")


def until(page, happened):
    """Waits for something that the page does to us."""
    for _ in range(200):
        if happened():
            return
        page.wait_for_timeout(25)
    raise AssertionError("it never happened")


LARGE = files.pdf() + bytes(2_500_000) + b"%%EOF"


def test_a_large_file_goes_on_after_a_reload_in_pieces(visit, owner):
    """Pieces, a pause, the reload, the same file chosen twice: in one walk."""
    page = visit("/many/")
    sent, held = [], []

    def hold_the_third(route):
        if route.request.headers.get("content-type") != "application/octet-stream":
            return route.continue_()
        sent.append(int(route.request.headers["upload-offset"]))
        return held.append(route) if len(sent) == 3 else route.continue_()

    page.route("**/papers/", hold_the_third)
    page.set_input_files("#id_papers", [file("合同.pdf", LARGE)])
    row = page.locator(".upload__item")
    until(page, lambda: len(sent) == 3)
    row.get_by_role("button", name="暂停").click()
    expect(row).to_contain_text("已暂停，已传的部分保留 24 小时")
    assert Transfer.objects.get().offset > 0 and Document.objects.count() == 0
    page.reload()
    expect(row).to_contain_text("检查中", timeout=10_000)
    expect(row).to_contain_text("已从中断处继续上传。")
    assert sent[-1] > 0 and sent.count(0) == 1, "nothing travelled twice"
    page.set_input_files("#id_papers", [file("再选一次.pdf", LARGE)])
    expect(page.locator(".upload__list")).to_contain_text("与已上传的文件内容相同，没有重复保存。")
    expect(row).to_have_count(1)
    document = Document.objects.get()
    assert (document.name, storage.read(document)) == ("合同.pdf", LARGE)


def test_a_personal_file_is_chosen_again_after_a_reload_and_goes_on(visit, owner):
    photo = files.image() + bytes(2_500_000)
    page = visit("/page/")
    pieces = []

    def stop_the_second(route):
        if route.request.headers.get("content-type") == "application/octet-stream":
            pieces.append(int(route.request.headers["upload-offset"]))
            if len(pieces) == 2:
                return None
        return route.continue_()

    page.route("**/photo/", stop_the_second)
    page.set_input_files("#id_photo", file("a.jpg", photo))
    until(page, lambda: len(pieces) == 2)
    page.reload()
    row = page.locator(".upload__item")
    expect(row).to_contain_text("请重新选择同一个文件，从中断处继续。")
    page.set_input_files("#id_photo", file("a.jpg", photo))
    expect(row).to_have_count(1)
    expect(row).to_contain_text("检查中", timeout=10_000)
    assert pieces.count(0) == 1 and Document.objects.get().sealed


def test_a_photo_that_is_far_too_large_is_made_smaller_on_the_way_and_said_so(visit, owner):
    page = visit("/page/")
    photo = files.noise((3000, 2600))
    assert len(photo) > 5 * 1024 * 1024
    page.set_input_files("#id_photo", file("大.jpg", photo + bytes(1)))
    row = page.locator(".upload__item")
    expect(row).to_contain_text("检查中", timeout=20_000)
    expect(row).to_contain_text("照片过大，上传前已在本机缩小")
    assert Document.objects.get().size < 5 * 1024 * 1024


def test_an_upload_is_cancelled(visit, owner):
    page = visit("/page/")
    page.route("**/photo/", lambda route: None)
    page.set_input_files("#id_photo", file("a.jpg"))
    page.get_by_role("button", name="取消").click()
    expect(page.locator(".upload__item")).to_have_count(0)
    assert Document.objects.count() == 0


def test_without_script_the_form_sends_the_file(visit, owner):
    page = visit("/page/", script=False)
    page.set_input_files("#id_photo", file("a.jpg"))
    page.click("#send")
    expect(page.locator(".upload__item")).to_contain_text("a.jpg")
    page.fill("[name=name]", "李晓楠")
    page.get_by_role("button", name="删除").click()
    expect(page.locator(".upload__item")).to_have_count(0)
    assert Document.objects.held_by(owner).count() == 0

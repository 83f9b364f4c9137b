"""The upload component in a real browser, with script and without."""

import base64

import pytest
from django.conf import settings as configured
from playwright.sync_api import expect

from portal.documents.models import Document
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
    page.set_input_files("#id_papers", [file("a.jpg"), file("b.jpg")])
    rows = page.locator(".upload__item")
    expect(rows.filter(has_text="检查中")).to_have_count(2)
    with page.expect_file_chooser() as chooser:
        rows.filter(has_text="a.jpg").get_by_role("button", name="更换").click()
    chooser.value.set_files(file("c.jpg"))
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
    page.evaluate(DROP, base64.b64encode(files.image()).decode())
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

"""Files and corrections in a real browser: a cut upload, a round of corrections on a phone, the pages about files."""

import io
import re
import socket
import threading
from contextlib import closing, suppress
from urllib.parse import urlsplit

import pytest
from PIL import Image
from playwright.sync_api import expect

from supervision.actions import attach
from supervision.models import Addendum, Attachment, Filing, Material
from tests import make
from tests.e2e.conftest import Person, work
from tests.e2e.test_projects import as_file, sign_in
from tests.embedded.launched import until
from tests.supervision.acts import review_of, states, submit
from tests.supervision.test_corrections import give_back


@pytest.fixture
def author(reference):
    return make.site_officer()


def at(people, user, path, **options):
    person = people(**options)
    sign_in(person, user.phone)
    person.opens(path)
    return person, person.page


class CuttingProxy:
    """Passes everything on, but cuts the connection of a large upload at nine tenths, as often as it is told to."""

    def __init__(self, address: str, cuts: int):
        there = urlsplit(address)
        self.there, self.cuts, self.cut_at = (there.hostname, there.port), cuts, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                near, _address = self.listener.accept()
            except OSError:
                return
            far = socket.create_connection(self.there)
            threading.Thread(target=self.carry_up, args=(near, far), daemon=True).start()
            threading.Thread(target=self.carry, args=(far, near), daemon=True).start()

    def carry(self, source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
        except OSError:
            pass
        finally:
            hang_up(source, target)

    def carry_up(self, near, far):
        """To the server; the length of each request tells where nine tenths of it are."""
        passed = limit = 0
        try:
            while data := near.recv(65536):
                head = data[: data.find(b"\r\n\r\n")]
                if head.startswith(b"POST") and (found := re.search(rb"(?i)content-length: (\d+)", head)):
                    length = int(found[1])
                    passed, limit = 0, int(length * 0.9) if length > 200_000 and self.cuts else 0
                # each request on a connection of its own: a browser sends anew by itself what an old one lost
                data = data.replace(b"Connection: keep-alive", b"Connection: close", 1)
                passed += len(data)
                if limit and passed >= limit:
                    self.cuts -= 1
                    self.cut_at.append(passed / length)
                    break
                far.sendall(data)
        except OSError:
            pass
        finally:
            hang_up(near, far)


def hang_up(*ends):
    """Close them although somebody may still be listening on them."""
    for end in ends:
        with closing(end), suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


def large(name):
    """A photo of about 600 KB, sent in one request, that does not shrink."""
    return {"name": name, "mimeType": "image/jpeg", "buffer": noise()}


def noise():
    out = io.BytesIO()
    Image.effect_noise((1100, 800), 90).convert("RGB").save(out, "JPEG", quality=85)
    return out.getvalue()


@pytest.fixture
def through(chromium, live_server, settings):
    """Somebody whose uploads go through a proxy that cuts so many of them."""
    made = []

    def person(cuts):
        proxy = CuttingProxy(live_server.url, cuts)
        made.append((Person(chromium, proxy.address, width=390), proxy))
        return made[-1]

    yield person
    for someone, proxy in made:
        someone.leaves()
        proxy.listener.close()
        assert someone.complaints == []


def test_an_upload_cut_at_nine_tenths_goes_on_by_itself_and_keeps_the_rest(through, author):
    """Edge case 46: single retry; the draft keeps earlier files."""
    filing = make.draft_filing("early_intervention", by=author, works_name="断网也不丢")
    attach(filing, material=Material.objects.get(pk="M01"), file=make.pdf("先传的.pdf"), by=author)
    person, proxy = through(cuts=1)
    sign_in(person, author.phone)
    page = person.opens(f"/filing/{filing.pk}/edit/attachments/")
    box = page.locator("#M29")
    box.locator("input[type=file]").set_input_files([large("大照片.jpg")])
    expect(box.locator(".upload__item")).to_contain_text("网络中断，稍后自动重试")
    expect(page.locator("#M01 [data-document]")).to_contain_text("先传的.pdf")
    expect(box.locator("[data-document]")).to_contain_text("大照片.jpg", timeout=15_000)
    assert [part >= 0.9 for part in proxy.cut_at] == [True]
    names = {each.document.name for each in Attachment.objects.filter(filing=filing)}
    assert names == {"先传的.pdf", "大照片.jpg"}
    assert Filing.objects.get(pk=filing.pk).works_name == "断网也不丢"


def test_one_of_several_uploads_that_keeps_breaking_is_retried_alone(through, author):
    """Edge case 46: the others arrive, the broken one says so and has its own button."""
    filing = make.draft_filing("early_intervention", by=author)
    person, proxy = through(cuts=4)
    sign_in(person, author.phone)
    page = person.opens(f"/filing/{filing.pk}/edit/attachments/")
    page.clock.install(time=0)
    page.clock.pause_at(60)
    box = page.locator("#M29")
    files = [as_file(make.jpeg("东.jpg")), as_file(make.jpeg("西.jpg", colour="tan")), large("南.jpg")]
    box.locator("input[type=file]").set_input_files(files)
    expect(box.locator("[data-document]")).to_have_count(2)
    for cut, seconds in enumerate((2, 5, 15), start=1):
        assert until(lambda cut=cut: len(proxy.cut_at) == cut, 10)  # what is shown may still be of the cut before
        expect(box).to_contain_text("网络中断，稍后自动重试")
        page.clock.fast_forward(seconds * 1000 + 100)
    expect(box).to_contain_text("上传失败，请检查网络后重试。")
    expect(box.locator("[data-document]")).to_have_count(2)
    box.get_by_role("button", name="重试").click()
    expect(box.locator("[data-document]")).to_have_count(3)
    assert len(proxy.cut_at) == 4


def test_what_cannot_be_taken_says_which_rule_and_keeps_the_others(people, author):
    """Edge cases 46 and 47: size, format, a .JPG that is really a PDF, a photo of a phone."""
    filing = make.draft_filing("early_intervention", by=author)
    person, page = at(people, author, f"/filing/{filing.pk}/edit/attachments/", width=390)
    box = page.locator("#M29")
    as_pdf = make.pdf("IMG_01.JPG")
    page.evaluate("document.querySelector('#M29 [data-upload]').dataset.max = 300000")
    files = [
        as_file(make.jpeg("好.jpg")),
        {"name": "表.exe", "mimeType": "", "buffer": b"MZ"},
        {"name": "IMG_7.HEIC", "mimeType": "", "buffer": b"x"},
        {"name": "IMG_01.JPG", "mimeType": "image/jpeg", "buffer": as_pdf.read()},
        {"name": "大.jpg", "mimeType": "image/jpeg", "buffer": bytes(400_000)},
    ]
    box.locator("input[type=file]").set_input_files(files)
    expect(box.locator("[data-document]")).to_have_count(1)
    for words in ("这个文件是 .exe 格式", "HEIC 照片", "内容是PDF", "这个文件有 0.4 MB"):
        expect(box).to_contain_text(words)
    person.looks()


def test_the_round_of_corrections_on_a_phone(people, author):
    """submit → return → correct where it was flagged → answer → resubmit, to the same officer's queue."""
    filing = submit(make.ready_filing("early_intervention", by=author), author)
    flagged = ("basics", "works_name"), ("parties", "contractor.head_name"), ("attachments", "M18")
    officer = give_back(filing, *flagged).assignee
    person, page = at(people, author, f"/filing/{filing.pk}/corrections/", width=390)
    expect(page.get_by_text("共 3 处，还有 3 处没有答复。")).to_be_visible()
    person.looks()
    page.get_by_role("link", name="去修改这一处").first.click()
    expect(page.locator("#works_name")).to_be_enabled()
    expect(page.locator("#project_name")).to_be_disabled()
    expect(page.locator(".comment").first).to_contain_text("请核实。")
    page.fill("#works_name", "改正后的工程名称")
    expect(page.locator("[data-save-line]")).to_have_text(re.compile(r"已自动保存"))
    person.looks()

    page.goto(f"/filing/{filing.pk}/edit/attachments/#M18")
    page.fill("#reason", "按意见补签")
    with page.expect_file_chooser() as chooser:
        page.locator("#M18").get_by_role("button", name="更换").click()
    chooser.value.set_files(as_file(make.pdf("补签.pdf")))
    expect(page.locator("#M18 [data-document]")).to_contain_text("补签.pdf")
    work()

    page.goto(f"/filing/{filing.pk}/corrections/")
    expect(page.locator(".diffs").first).to_contain_text("改正后的工程名称")
    expect(page.get_by_text("内容与提交时相同，还没有修改。")).to_be_visible()
    for left in (2, 1, 0):
        card = page.locator("section.card", has=page.get_by_text("待答复", exact=True)).first
        same = card.get_by_text("内容与提交时相同").count()
        card.get_by_role("radio", name="说明" if same else "已修改").check()
        if same:
            card.get_by_role("textbox").fill("姓名与证书一致。")
        card.get_by_role("button", name="保存答复").click()
        words = f"共 3 处，还有 {left} 处没有答复。" if left else "已全部答复，可以重新提交。"
        expect(page.get_by_text(words)).to_be_visible()
    person.looks()
    page.get_by_role("link", name="重新提交").click()
    for box in page.get_by_role("checkbox").all():
        box.check()
    person.looks()
    page.get_by_role("button", name="确定重新提交").click()
    expect(page).to_have_url(re.compile("/done/"))
    assert states(filing) == ("submitted", "recheck", "waiting")
    assert review_of(filing, "safety").assignee == officer
    page.goto(f"/filing/{filing.pk}/versions/")
    expect(page.locator(".diffs").first).to_contain_text("改正后的工程名称")
    person.looks()


def test_the_pages_about_files_can_be_read_and_used(people, author):
    filing = make.draft_filing("early_intervention", by=author)
    attached = attach(filing, material=Material.objects.get(pk="M01"), file=make.pdf("登记表.pdf", pages=2), by=author)
    work()
    person, page = at(people, author, f"/filing/{filing.pk}/edit/attachments/", phone=True)
    person.looks()
    page.goto("/filing/materials/")
    person.looks()
    page.goto(f"/filing/{filing.pk}/papers/{attached.document_id}/")
    person.looks()
    page.get_by_role("link", name="下一页").click()
    expect(page.get_by_text("第 2 / 2 页", exact=True)).to_be_visible()
    page.get_by_role("link", name="管理").click()
    person.looks()
    page.get_by_label("文件名").fill("盖章登记表")
    page.get_by_role("button", name="保存").first.click()
    expect(page.locator(".upload__item")).to_contain_text("盖章登记表.pdf")


@pytest.mark.parametrize("scripts", (True, False))
def test_papers_are_added_after_approval(people, author, scripts):
    filed = make.filed_filing("early_intervention", by=author)
    person, page = at(people, author, filed.get_absolute_url(), width=390, scripts=scripts)
    page.get_by_role("link", name="补充材料", exact=True).click()
    if scripts:
        person.looks()
    page.locator("#id_material").select_option("M18")
    page.locator("#id_reason").fill("补签支付计划")
    page.get_by_role("button", name="下一步：上传文件").click()
    page.locator("input[type=file]").set_input_files(as_file(make.pdf("补签.pdf")))
    if not scripts:
        page.get_by_role("button", name="保存文件").click()
    expect(page.locator("[data-document]")).to_contain_text("补签.pdf")
    work()
    if scripts:
        expect(page.locator(".is-ready")).to_have_count(1)
        person.looks()
    page.get_by_role("button", name="提交给监督站").click()
    expect(page.locator("#addenda")).to_contain_text("第 1 次补充")
    if scripts:
        person.looks()
    assert Addendum.objects.get().number == 1


def test_a_file_of_a_phone_may_come_from_its_camera(people, author):
    filing = make.draft_filing("early_intervention", by=author)
    person, page = at(people, author, f"/filing/{filing.pk}/edit/attachments/", width=390)
    expect(page.locator("input[data-camera]")).to_have_count(0)  # a mouse has no camera
    person.context.new_cdp_session(page).send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    page.reload()
    person.looks()
    camera = page.locator("#M29 input[data-camera]")
    assert (camera.get_attribute("capture"), camera.get_attribute("accept")) == ("environment", "image/jpeg,image/png")
    camera.set_input_files(as_file(make.jpeg("现场.jpg")))
    expect(page.locator("#M29 [data-document]")).to_contain_text("现场.jpg")

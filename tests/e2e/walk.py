"""What people do at the portal, step by step, by typing and clicking as the printed guide tells them.

Every function works with and without scripts; the pages are looked at (axe, width) where scripts run.
"""

import re
from datetime import timedelta
from typing import NamedTuple

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from playwright.sync_api import Locator, Page

from accounts.actions import create_person
from tests import make
from tests.e2e.conftest import Person, last_text_to, work

INITIAL_PASSWORD = "Zjwh@123!"
PASSWORD = make.PASSWORD
SYSTEMS = ["项目报监", "安全监督", "督查巡查", "危大工程", "项目评价", "人员评价", "信用监管"]
TABS = ["hub", "basics", "parties", "unit-works", "attachments"]
BARRED = "企业管理员账号仅用于管理企业用户，办理业务请使用个人账号"


class Human(NamedTuple):
    """Somebody as their papers say."""

    name: str
    id_number: str
    phone: str
    position: str = ""


class Company(NamedTuple):
    """An enterprise as its licence says, and who registers it."""

    name: str
    uscc: str
    agent: Human


def human(name: str, position: str = "") -> Human:
    return Human(name, make.id_number(), make.phone(), position)


def company(name: str, agent: str = "张敏") -> Company:
    return Company(name, make.uscc(), human(agent))


# Hands and eyes


def type_in(page: Page, **values: str) -> None:
    """Type into fields by their names."""
    for name, value in values.items():
        page.fill(f"[name={name}]", value)


def press(page: Page | Locator, name: str) -> None:
    """Click the button of that name."""
    page.get_by_role("button", name=name, exact=True).click()


def follow(page: Page | Locator, name: str) -> None:
    """Click the link of that name, whatever its badge counts."""
    page.get_by_role("link", name=re.compile(rf"^{re.escape(name)}(\s*\d+\+?\s*项待办)?$")).first.click()


def choose(page: Page | Locator, label: str, text: str) -> None:
    """Choose from the list of that label."""
    page.get_by_label(label).first.select_option(label=text)


def as_file(upload: SimpleUploadedFile) -> dict:
    return {"name": upload.name, "mimeType": upload.content_type, "buffer": upload.read()}


def upload(person: Person, field: str, *files: SimpleUploadedFile) -> None:
    """Give files to an upload control, and wait until the server has each of them."""
    hand_over(person, field, *files)
    if person.scripts:
        arrived(person, field, *[str(file.name) for file in files])
        work()


def hand_over(person: Person, field: str, *files: SimpleUploadedFile) -> None:
    person.page.set_input_files(f"[name={field}]", [as_file(file) for file in files])


def arrived(person: Person, field: str, *names: str) -> None:
    box = person.page.locator(f"[data-upload]:has([name={field}])")
    for name in names:
        box.locator("[data-document]").filter(has_text=name).first.wait_for()


def get_code(person: Person, phone: str) -> None:
    """获取验证码, read it in the text message, type it."""
    press(person.page, "获取验证码")
    person.sees("验证码已发送")
    person.page.fill("[name=code]", code_for(phone))


def code_for(phone: str) -> str:
    found = re.search(r"[0-9]{6}", last_text_to(phone, "5 分钟内有效"))
    assert found, "no code was sent"
    return found[0]


def look(person: Person) -> None:
    if person.scripts:
        person.looks()


def arrive(person: Person, address: str) -> Page:
    """Wait for a page, and look at it."""
    person.page.wait_for_url(address)
    look(person)
    return person.page


def visit(person: Person, address: str) -> Page:
    """Open an address and look at the page."""
    person.opens(address)
    look(person)
    return person.page


def number_of(person: Person, label: str) -> int:
    """The number beside a label on 首页."""
    page = person.opens("/home/")
    return int(page.locator(".stat").filter(has_text=label).locator(".stat__value").inner_text())


def menu(person: Person) -> list[str]:
    """The words in the top bar."""
    return [words.split("\n")[0] for words in person.page.locator(".top__menu a").all_inner_texts()]


def unread(person: Person) -> list[str]:
    """The subjects of the unread messages, as the bell's page lists them."""
    page = visit(person, "/messages/")
    return page.locator("th[scope=row] button").all_inner_texts()


# Accounts


def sign_in(
    person: Person, account: str, password: str = PASSWORD, *, side: str = "企业端", to: str = "**/home/"
) -> Page:
    page = person.opens("/")
    if side != "企业端":
        follow(page, side)
    type_in(page, account=account, password=password)
    press(page, "登录")
    return arrive(person, to)


def sign_out(person: Person) -> None:
    person.page.locator(".top details.drop summary").click()
    press(person.page, "退出登录")
    person.page.wait_for_url("**/")


def create_account(somebody: Human) -> None:
    """An account with the initial password, as an administrator's 新建用户 makes it."""
    create_person(name=somebody.name, phone=somebody.phone, id_number=somebody.id_number, by=None)


def replace_initial_password(person: Person, phone: str) -> None:
    """The first sign-in: code to one's own phone, new password, and out again."""
    page = sign_in(person, phone, INITIAL_PASSWORD, to="**/first-password/")
    get_code(person, phone)
    type_in(page, password=PASSWORD, password_again=PASSWORD)
    press(page, "确定")
    person.sees("密码已修改，请使用新密码重新登录")
    look(person)


# 1. 企业注册


def begin_registration(person: Person, kind: str) -> Page:
    """From the first page: 注册, and which of the two."""
    page = visit(person, "/")
    follow(page, "注册")
    look(person)
    follow(page, kind)
    look(person)
    return page


def agree(person: Person) -> Page:
    page = begin_registration(person, "企业注册")
    page.check("[name=agree]")
    press(page, "下一步")
    return arrive(person, "**/enterprise/2/")


def type_enterprise(person: Person, unit: Company) -> None:
    """填写企业信息, all but the licence."""
    page = person.page
    type_in(page, name=unit.name, uscc=unit.uscc, legal_representative="周明远", address="江岸区中山大道1号")
    page.get_by_role("checkbox", name="施工").check()
    choose(page, "所属区域", "江岸区")


def type_agent(person: Person, agent: Human) -> None:
    page = person.page
    type_in(page, agent_name=agent.name, agent_id_number=agent.id_number, agent_phone=agent.phone)
    get_code(person, agent.phone)
    type_in(page, password=PASSWORD, password_again=PASSWORD)


def register_enterprise(person: Person, unit: Company) -> None:
    agree(person)
    type_enterprise(person, unit)
    upload(person, "licence", make.jpeg("营业执照.jpg", (800, 500)))
    press(person.page, "下一步")
    page = arrive(person, "**/enterprise/3/")
    type_agent(person, unit.agent)
    press(page, "下一步")
    arrive(person, "**/register/enterprise/done/")


# 2. 平台管理


def open_platform(person: Person, unit: Company) -> Page:
    """平台管理 → 企业用户管理 → the enterprise's name."""
    follow(person.page, "平台管理")
    page = arrive(person, "**/platform/enterprises/")
    follow(page, unit.name)
    person.sees("统一社会信用代码")
    look(person)
    return page


def grant_systems(person: Person, names: list[str] = SYSTEMS) -> None:
    """系统授权 → 添加系统 → tick → 确定."""
    page = person.page
    follow(page, "系统授权")
    arrive(person, "**/systems/")
    follow(page, "添加系统")
    place = page.get_by_role("dialog") if person.scripts else page.locator("main")
    place.get_by_role("checkbox", name=names[0]).wait_for()
    look(person)
    for name in names:
        place.get_by_role("checkbox", name=name).check()
    press(place, "确定")
    page.get_by_role("row", name=names[-1]).wait_for()
    look(person)


def add_member(person: Person, somebody: Human) -> None:
    """用户管理 → 新建用户 → 确定."""
    page = person.page
    follow(page, "用户管理")
    arrive(person, "**/users/")
    follow(page, "新建用户")
    arrive(person, "**/users/new/")
    type_in(page, name=somebody.name, id_number=somebody.id_number, phone=somebody.phone, department="工程部")
    choose(page, "职务", somebody.position)
    upload(person, "photo", make.jpeg("身份证.jpg", (800, 500)))
    upload(person, "appointment", make.pdf("任职证明.pdf"))
    page.check("[name=consent]")
    press(page, "确定")
    arrive(person, "**/added/")


# 4. 项目报监


def enter_filing(person: Person) -> Page:
    """应用中心 → 项目报监: the list of 联合报监."""
    follow(person.page, "应用中心")
    page = arrive(person, "**/apps/")
    page.get_by_role("link", name="项目报监").click()
    return arrive(person, "**/filing/joint/")


def open_filing(person: Person, pile: str, works: str) -> Page:
    """From the number on 首页 to its list on 工作台, and on to what is to be done with the filing there."""
    page = person.opens("/home/")
    page.locator(".stat").filter(has_text=pile).click()
    arrive(person, "**/workbench/?show=*")
    row = page.get_by_role("row").filter(has_text=works)
    row.locator(".actions a").click()
    page.wait_for_url("**/filing/**")
    look(person)
    return page


def open_module(person: Person, name: str) -> Page:
    """联合报监, 先行介入 or 提前服务 in the left menu."""
    page = person.page
    page.get_by_role("navigation").get_by_role("link", name=name, exact=True).first.click()
    page.get_by_role("heading", name=name, level=1).wait_for()
    look(person)
    return page


def begin_advance(person: Person) -> None:
    """提前服务 → 新建: an empty draft."""
    page = open_module(person, "提前服务")
    follow(page, "新建")
    arrive(person, "**/advance/new/")
    press(page, "新建并填写")
    arrive(person, "**/edit/**")


def begin_early(person: Person, works: str) -> None:
    """先行介入 → 新建 → search a project whose bidding is finished → 选择."""
    page = open_module(person, "先行介入")
    follow(page, "新建")
    arrive(person, "**/early/new/")
    page.fill("[name=q]", works[:6])
    press(page, "搜索")
    look(person)
    page.get_by_role("button", name=f"选择 {works}").click()
    arrive(person, "**/edit/**")


def begin_joint(person: Person, permit_no: str) -> None:
    """联合报监: search by 施工许可证编号 → 编辑."""
    page = open_module(person, "联合报监")
    page.get_by_label("施工许可证编号").first.fill(permit_no)
    press(page, "搜索")
    page.get_by_role("link", name=re.compile("^编辑")).click()
    arrive(person, "**/edit/")


def open_tab(person: Person, tab: str) -> Page:
    """One of the four tabs of the editor."""
    page = person.page
    page.get_by_role("navigation", name="四项信息").get_by_role("link", name=tab).click()
    page.get_by_role("navigation", name="四项信息").locator("[aria-current]").filter(has_text=tab).wait_for()
    look(person)
    return page


def badges(person: Person) -> list[str]:
    """未填, 已填, 有误 or 选填, in the order of the tabs."""
    return person.page.get_by_role("navigation", name="四项信息").locator(".badge").all_inner_texts()


def save(person: Person) -> None:
    press(person.page, "保存")
    person.sees("已保存")
    look(person)


def fill_basics(person: Person, works: str, **more: str) -> None:
    """基本信息: the guide's fields in its order; what came with a permit stands there and is closed."""
    page = open_tab(person, "基本信息")
    start = timezone.localdate() + timedelta(days=30)
    texts = {
        "works_name": works,
        "project_name": "二七云栖府住宅项目",
        "address": "江岸区二七街道解放大道延长线",
        "longitude": "114.3182",
        "latitude": "30.6421",
        "construction_area_m2": "12800.5",
        "contract_amount_wan": "4628",
        "planned_start_date": str(start),
        "planned_completion_date": str(start + timedelta(days=729)),
        "construction_scale": "住宅1栋，地上26层，总建筑面积12800.5平方米。",
        "remarks": "第一标段",
        "permit_promised_by": str(timezone.localdate() + timedelta(days=60)),
    }
    choices = {
        "project_category": "房屋建筑工程",
        "district": "江岸区",
        "is_prefabricated": "否",
        "construction_status": "筹备",
        "jurisdiction_area": "江岸区",
    }
    for name, text in (texts | more).items():
        if is_open(page, name):
            page.fill(f"[name={name}]", text)
    for name, text in choices.items():
        if is_open(page, name):
            page.select_option(f"[name={name}]", label=text)
    save(person)


def is_open(page: Page, name: str) -> bool:
    """Whether there is a field of that name that may be changed."""
    return page.locator(f"[name={name}]:enabled").count() == 1


def fill_parties(person: Person, parties: dict[str, tuple[Company, Human]]) -> None:
    """责任主体信息: 建设 (owner), 施工 (contractor) and 监理单位 (supervisor) with their heads."""
    page = open_tab(person, "责任主体信息")
    for party_type, (unit, head) in parties.items():
        card = page.locator(f"section#{party_type}")
        for field, text in {
            "unit_name": unit.name,
            "uscc": unit.uscc,
            "legal_representative": "周明远",
            "head_name": head.name,
            "head_id_number": head.id_number,
            "head_phone": head.phone,
            "certificate_no": "鄂1422026000012",
        }.items():
            card.locator(f'[name="{party_type}.{field}"]').fill(text)
    save(person)


def three_parties(builder: Company, manager: Human) -> dict[str, tuple[Company, Human]]:
    """The builder with its project manager, and two units that have no account."""
    return {
        "owner": (company("武汉江城云栖置业有限公司"), human("周启明")),
        "contractor": (builder, manager),
        "supervisor": (company("武汉恒信工程监理咨询有限公司"), human("李晓楠")),
    }


def fill_unit_works(person: Person) -> None:
    """单位工程信息: one building that has the whole area and cost."""
    page = open_tab(person, "单位工程信息")
    if not page.locator("[data-row]").count():
        press(page, "添加单位工程")
    card = page.locator("[data-row]").first
    for field, text in {
        "name": "1#楼",
        "area_above_m2": "12800.5",
        "area_below_m2": "0",
        "floors_above": "26",
        "floors_below": "0",
        "height_m": "78",
        "cost_wan": "4628",
    }.items():
        card.locator(f'[name$=".{field}"]').fill(text)
    choose(card, "结构类型", "剪力墙")
    save(person)


def attach(person: Person, *codes: str) -> None:
    """附件: a sound PDF for each of these materials, all at once."""
    page = open_tab(person, "附件")
    for code in codes:
        hand_over(person, code, make.pdf(f"{code}.pdf"))
    if not person.scripts:
        press(page, "保存")
        person.sees(f"已收到 {len(codes)} 个文件")
    for code in codes:
        arrived(person, code, f"{code}.pdf")
    work()
    look(person)


def submit(person: Person, *targets: str) -> None:
    """返回清单 → 报监 → 不存在 → 报监对象 → 确定报监."""
    page = person.page
    page.get_by_role("link", name="返回清单").or_(page.get_by_role("link", name="返回列表")).first.wait_for()
    if page.get_by_role("link", name="返回清单").count():
        follow(page, "返回清单")
        arrive(person, "**/edit/")
    follow(page, "报监")
    arrive(person, "**/submit/")
    page.get_by_role("radio", name="不存在").check()
    for name in ("安监", "质监"):
        page.get_by_role("checkbox", name=name, exact=True).set_checked(name in targets)
    acknowledge(page)
    press(page, "确定报监")
    arrive(person, "**/done/")
    assert person.sees("报监成功")


# 5. 审核


def open_review(person: Person, works: str, state: str = "待审核") -> Page:
    """审核 → 待审核 or another tab → the works."""
    follow(person.page, "审核")
    page = arrive(person, "**/review/")
    if state != "待审核":
        page.get_by_role("navigation", name="状态").get_by_role("link", name=state).click()
        page.wait_for_url("**/review/?*")
    follow(page, works)
    page.get_by_role("heading", name=works, level=1).wait_for()
    look(person)
    return page


def accept(person: Person) -> None:
    press(person.page, "受理")
    person.sees("已受理")
    look(person)


def note(person: Person, label: str, text: str) -> None:
    """批注 beside a field or material."""
    page = person.page
    follow(page, f"批注：{label}")
    place = page.get_by_role("dialog") if person.scripts else page.locator("main")
    place.get_by_label("退回原因", exact=False).last.wait_for()
    look(person)
    place.locator("[name=text]").fill(text)
    press(place, "添加批注")
    page.locator(".comment").filter(has_text=text).first.wait_for()
    look(person)


def decide(person: Person, conclusion: str, opinion: str) -> None:
    """通过 or 退回补正, on the page that says what will happen."""
    page = person.page
    follow(page, conclusion)
    arrive(person, "**/decide/**")
    page.get_by_role("radio", name=conclusion, exact=True).check()
    page.fill("[name=opinion]", opinion)
    press(page, "提交决定")
    person.sees("已通过，申请单位将收到通知" if conclusion == "通过" else "已退回补正，补正意见已发送")
    look(person)


def answer(person: Person, kind: str = "已修改", reply: str = "") -> None:
    """Answer the first open item on 退回修改."""
    page = person.page
    item = page.locator("section.card").filter(has=page.locator("[name=item]")).filter(has_text="待答复").first
    item.get_by_role("radio", name=kind).check()
    item.locator("[name=reply]").fill(reply)
    press(item, "保存答复")
    person.sees("已全部答复，可以重新提交")
    look(person)


def resubmit(person: Person) -> None:
    page = person.page
    follow(page, "重新提交")
    arrive(person, "**/resubmit/")
    acknowledge(page)
    press(page, "确定重新提交")
    arrive(person, "**/done/")
    assert person.sees("已重新提交")


def acknowledge(page: Page) -> None:
    """Tick 已核实 wherever the page asks for it."""
    for box in page.get_by_role("checkbox", name="已核实").all():
        box.check()


# 6. 项目用户注册


def apply_for_project(person: Person, somebody: Human, *, unit: str, project: str) -> None:
    """项目用户注册, from the first page to 完成注册."""
    page = begin_registration(person, "项目用户注册")
    page.check("[name=agree]")
    page.check("[name=consent]")
    press(page, "下一步")
    arrive(person, "**/project-user/details/")
    look_up(person, "company", unit)
    look_up(person, "works", project)
    choose(page, "职务", somebody.position)
    type_in(page, name=somebody.name, id_number=somebody.id_number, phone=somebody.phone)
    upload(person, "id_photo", make.jpeg("身份证.jpg", (800, 500)))
    upload(person, "letter", make.pdf("办理承诺函.pdf"))
    get_code(person, somebody.phone)
    type_in(page, password=PASSWORD)
    press(page, "下一步")
    arrive(person, "**/project-user/done/")


def look_up(person: Person, what: str, name: str) -> None:
    """Type, 查找, choose; with scripts the list comes by itself."""
    page = person.page
    if not person.page.get_by_role("radio", name=name).count():
        page.fill(f"[name={what}]", name[:8])
    if not person.scripts:
        page.locator(f"button[name=find][value={what}]").click()
    page.get_by_role("radio", name=name).first.check()


def approve_project_user(person: Person, name: str) -> None:
    """项目管理 → 待审核 → look → 通过."""
    page = person.page
    follow(page, "项目管理")
    arrive(person, "**/projects/approvals/")
    follow(page, name)
    person.sees("申请信息")
    look(person)
    follow(page, "通过")
    page.check("[name=checked]")
    look(person)
    press(page, "通过")
    person.sees(f"已通过 {name} 的申请")

"""The straight way through the portal, from the first visit to 报监完毕 and the people on site, by typing."""

import re
from io import BytesIO

import pypdfium2
import pytest

from supervision.catalogue import Module, Need
from supervision.models import Filing, MaterialRule, Review
from tests import make
from tests.e2e import walk
from tests.e2e.conftest import work

BUILDER = "湖北楚天宏基建设集团有限公司"
WORKS = "二七云栖府1#楼"
ADDRESS = "江岸区二七街道解放大道延长线88号"


def test_the_whole_way(reference, people):
    builder = walk.company(BUILDER)
    clerk, manager, safety_man = (
        walk.human("吴倩", "资料员"),
        walk.human("陈建桥", "项目经理"),
        walk.human("赵敏", "安全员"),
    )
    officers = {role: make.officer(role).username for role in ("safety", "quality")}
    registers(people(), people(), builder)
    authorises(people(), builder, [clerk, manager])
    applicant = people()
    begins_to_work(applicant, clerk)
    hands_in(applicant, builder, manager)
    safety, quality = people(), people()
    are_told(safety, quality, officers)
    cannot_be_seen_elsewhere(people())
    decide_apart(safety, quality)
    corrects(applicant)
    approve(safety, quality)
    code = has_its_receipt(applicant)
    is_verified(people(), code)
    joins(people(), people(), builder, manager, safety_man)


def registers(visitor, second, builder):
    """1. 企业注册; whoever comes after is led to the agent."""
    walk.register_enterprise(visitor, builder)
    assert visitor.sees("注册成功") and visitor.sees(builder.uscc)

    page = walk.agree(second)
    walk.type_enterprise(second, builder)
    assert second.sees("统一社会信用代码已经存在")
    page.get_by_role("button", name="查看处理办法").click()
    assert second.sees("请联系经办人 张* ")
    walk.look(second)
    assert builder.agent.phone not in page.content() and builder.agent.name not in page.content()


def authorises(office, builder, staff):
    """2. 平台管理; the account itself may not enter 项目报监."""
    walk.sign_in(office, builder.uscc)
    assert walk.menu(office) == ["首页", "工作台", "应用中心", "平台管理"]
    assert walk.number_of(office, "企业用户") == 0
    assert walk.unread(office) == ["企业注册成功"]
    walk.visit(office, "/workbench/")
    page = walk.open_platform(office, builder)
    walk.grant_systems(office)
    assert page.locator("table").first.locator("tbody th").all_inner_texts() == walk.SYSTEMS
    for somebody in staff:
        walk.add_member(office, somebody)
        assert office.sees(walk.INITIAL_PASSWORD)
    assert walk.number_of(office, "企业用户") == walk.number_of(office, "尚未登录") == 2

    page = walk.visit(office, "/apps/")
    page.get_by_role("link", name="项目报监").click()
    assert office.sees(walk.BARRED)
    walk.look(office)
    assert office.opens("/filing/advance/") and office.sees(walk.BARRED)


def begins_to_work(applicant, clerk):
    """3. First sign-in with the initial password, then 应用中心 → 项目报监."""
    walk.replace_initial_password(applicant, clerk.phone)
    walk.sign_in(applicant, clerk.phone)
    assert walk.menu(applicant) == ["首页", "工作台", "应用中心"]
    assert walk.number_of(applicant, "草稿") == walk.number_of(applicant, "审核中") == 0
    walk.enter_filing(applicant)
    assert applicant.sees("还没有项目")


def hands_in(applicant, builder, manager):
    """4. 提前服务 → 新建 → four tabs → 报监 → 不存在 → 安监, 质监."""
    walk.begin_advance(applicant)
    assert walk.badges(applicant) == ["未填", "未填", "未填", "选填"]
    walk.fill_basics(applicant, WORKS)
    assert walk.badges(applicant) == ["已填", "未填", "未填", "选填"]
    walk.fill_parties(applicant, walk.three_parties(builder, manager))
    walk.fill_unit_works(applicant)
    walk.attach(applicant, "M01", "M29")
    assert walk.number_of(applicant, "草稿") == 1
    walk.open_filing(applicant, "草稿", WORKS)
    assert walk.badges(applicant)[:3] == ["已填", "已填", "已填"]
    walk.submit(applicant, "安监", "质监")
    filing = Filing.objects.get()
    assert re.fullmatch("TQ-[0-9]{8}-[0-9]{4}", filing.number) and applicant.sees(filing.number)
    assert (walk.number_of(applicant, "草稿"), walk.number_of(applicant, "审核中")) == (0, 1)
    assert walk.unread(applicant)[0] == f"报监已提交：{WORKS}"


def are_told(safety, quality, officers):
    """5. Both stations have it in their inbox, and accept it."""
    for person, role, word in ((safety, "safety", "安监"), (quality, "quality", "质监")):
        walk.sign_in(person, officers[role], side="管理端")
        assert walk.menu(person) == ["首页", "工作台", "审核", "应用中心"]
        assert walk.number_of(person, "待领取") == 1
        assert walk.unread(person) == [f"待{word}审核：{WORKS}"]
        walk.open_review(person, WORKS)
        walk.accept(person)
        assert walk.number_of(person, "我经办") == 1
        walk.open_review(person, WORKS, state="审核中")


def cannot_be_seen_elsewhere(stranger):
    """A reviewer of another district finds nothing."""
    walk.sign_in(stranger, make.officer("safety", "WC").username, side="管理端")
    walk.visit(stranger, "/review/")
    assert stranger.page.get_by_role("link", name=WORKS).count() == 0
    for review in Review.objects.all():
        assert stranger.page.goto(f"/review/{review.pk}/").status == 404


def decide_apart(safety, quality):
    """One station returns, the other approves."""
    walk.note(safety, "工程地址", "请补充门牌号。")
    walk.decide(safety, "退回补正", "请补正地址。")
    walk.decide(quality, "通过", "资料齐全。")
    assert walk.number_of(safety, "已退回") == 1


def corrects(applicant):
    """The applicant changes what was asked for, and nothing else can be changed."""
    assert walk.number_of(applicant, "退回补正") == 1
    assert applicant.sees("安监已退回 · 1 处待修改")
    assert walk.unread(applicant)[:2] == [f"质监已通过：{WORKS}", f"安监退回补正：{WORKS}"]
    page = walk.open_filing(applicant, "退回补正", WORKS)
    assert applicant.sees("请补充门牌号。")
    walk.follow(page, "去修改这一处")
    assert applicant.sees("请补充门牌号。")
    walk.look(applicant)
    assert page.locator("[name=works_name]").is_disabled()
    page.fill("[name=address]", ADDRESS)
    walk.save(applicant)
    walk.follow(page, "返回清单")
    walk.arrive(applicant, "**/edit/")
    walk.follow(page, "退回修改")
    walk.arrive(applicant, "**/corrections/")
    walk.answer(applicant, reply="已补充门牌号。")
    walk.resubmit(applicant)
    assert (walk.number_of(applicant, "退回补正"), walk.number_of(applicant, "审核中")) == (0, 1)


def approve(safety, quality):
    """The address matters to both, so both look again, at what changed, and approve."""
    for person in (safety, quality):
        assert walk.number_of(person, "我经办") == 1
        page = walk.open_review(person, WORKS)
        assert person.sees("与您上次查看的第 1 版相比")
        assert page.locator(".diff ins").all_inner_texts() == [ADDRESS]
        walk.accept(person)
        walk.decide(person, "通过", "同意。")
        assert walk.number_of(person, "我经办") == 0


def has_its_receipt(applicant):
    """报监完毕: numbers, and the receipt as a PDF; gives its code."""
    assert (walk.number_of(applicant, "审核中"), walk.number_of(applicant, "报监完毕")) == (0, 1)
    assert walk.unread(applicant)[0] == f"报监完毕：{WORKS}"
    page = walk.open_filing(applicant, "报监完毕", WORKS)
    for review in Review.objects.all():
        assert review.supervision_no and applicant.sees(review.supervision_no)
    with page.expect_download() as download:
        walk.follow(page, "下载回执")
    text = pypdfium2.PdfDocument(BytesIO(download.value.path().read_bytes()))[0].get_textpage().get_text_bounded()
    filing = Filing.objects.get()
    assert filing.number in text and "不代表准予开工" in text
    assert filing.receipt.code in text.replace("\r\n", "").replace("\n", "")
    return filing.receipt.code


def is_verified(visitor, code):
    walk.visit(visitor, f"/verify/{code}/")
    assert visitor.sees("该回执真实有效") and visitor.sees(WORKS)
    assert "陈" not in visitor.page.locator("main").inner_text()  # no person's name
    assert visitor.page.goto(f"/verify/{code[::-1]}/").status == 404


def joins(visitor, chief, builder, manager, safety_man):
    """6. Somebody on site applies; the project manager lets them in."""
    walk.apply_for_project(visitor, safety_man, unit=builder.name, project=WORKS)
    assert visitor.sees("陈**")
    work()
    walk.sign_in(visitor, safety_man.phone, to="**/applications/")
    assert walk.menu(visitor) == ["申请进度"]

    walk.replace_initial_password(chief, manager.phone)
    walk.sign_in(chief, manager.phone)
    assert walk.menu(chief) == ["首页", "工作台", "应用中心", "项目管理"]
    assert walk.number_of(chief, "待审核用户") == 1
    assert f"待审核：赵* 申请加入 {WORKS}" in walk.unread(chief)
    chief.opens("/home/")
    walk.approve_project_user(chief, safety_man.name)
    assert walk.number_of(chief, "待审核用户") == 0

    visitor.opens("/home/")
    assert walk.menu(visitor) == ["首页", "工作台", "应用中心"]
    assert walk.unread(visitor) == [f"申请已通过：{WORKS}"]
    walk.visit(visitor, "/projects/")
    assert visitor.sees(WORKS) and visitor.sees("项目用户 · 安全员")
    walk.enter_filing(visitor)
    page = walk.open_module(visitor, "提前服务")
    assert "报监完毕" in page.get_by_role("row").filter(has_text=WORKS).inner_text()


# The two other modules


@pytest.fixture
def applicant(reference, people):
    """A person of a contractor with 项目报监, at 联合报监; `unit` is the contractor."""
    user, person = make.site_officer(), people()
    unit = make.employer_of(user)
    person.user, person.enterprise = user, unit
    person.unit = walk.Company(unit.name, unit.uscc, walk.human("张敏"))
    walk.sign_in(person, user.phone)
    walk.enter_filing(person)
    return person


def required(module: Module) -> list[str]:
    """The materials that the module asks for."""
    rules = MaterialRule.objects.filter(module=module, need=Need.REQUIRED, material__is_active=True)
    return list(rules.order_by("material").values_list("material", flat=True))


def test_an_award_becomes_an_early_intervention_with_its_required_files(applicant):
    make.award(contractor=applicant.enterprise, works_name=WORKS)
    walk.begin_early(applicant, WORKS)
    assert applicant.page.get_by_role("heading", level=1).inner_text() == WORKS
    walk.fill_basics(applicant, WORKS)
    walk.fill_parties(applicant, walk.three_parties(applicant.unit, walk.human("陈建桥")))
    walk.fill_unit_works(applicant)
    asked = required(Module.EARLY)
    assert len(asked) > 5 and walk.badges(applicant)[3] == "未填"
    walk.attach(applicant, *asked)
    walk.submit(applicant, "安监", "质监")
    assert Filing.objects.get().number.startswith("XX")


def test_a_permit_becomes_a_joint_filing(applicant):
    permit = make.permit(contractor=applicant.enterprise, works_name=WORKS)
    make.draft_filing(Module.JOINT, by=applicant.user, permit=permit, permit_no=permit.permit_no, works_name=WORKS)
    walk.begin_joint(applicant, permit.permit_no)
    walk.fill_basics(applicant, WORKS)
    walk.fill_parties(applicant, walk.three_parties(applicant.unit, walk.human("陈建桥")))
    walk.fill_unit_works(applicant)
    walk.attach(applicant, *required(Module.JOINT))
    walk.submit(applicant, "安监", "质监")
    assert Filing.objects.get().number.startswith("LH")

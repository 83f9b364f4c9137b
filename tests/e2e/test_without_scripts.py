"""Browsers that run no scripts: an enterprise registers, its people come, and a project is handed in."""

from supervision.models import Filing
from tests import make
from tests.e2e import walk


def test_an_enterprise_registers_and_its_administrator_adds_somebody(reference, people):
    builder, clerk = walk.company("湖北楚天宏基建设集团有限公司"), walk.human("吴倩", "资料员")
    office = people(scripts=False)
    walk.register_enterprise(office, builder)
    assert office.sees("注册成功") and office.sees(builder.uscc)
    walk.sign_in(office, builder.uscc)
    page = walk.open_platform(office, builder)
    walk.grant_systems(office)
    assert page.locator("table").first.locator("tbody th").all_inner_texts() == walk.SYSTEMS
    walk.add_member(office, clerk)
    assert office.sees(walk.INITIAL_PASSWORD)

    newcomer = people(scripts=False)
    walk.replace_initial_password(newcomer, clerk.phone)
    walk.sign_in(newcomer, clerk.phone)
    assert walk.menu(newcomer) == ["首页", "工作台", "应用中心"]


def test_a_project_is_handed_in(reference, people):
    clerk, person = make.site_officer(), people(scripts=False)
    unit = make.employer_of(clerk)
    builder = walk.Company(unit.name, unit.uscc, walk.human("张敏"))
    walk.sign_in(person, clerk.phone)
    walk.enter_filing(person)
    walk.begin_advance(person)
    walk.fill_basics(person, "二七云栖府1#楼")
    walk.fill_parties(person, walk.three_parties(builder, walk.human("陈建桥")))
    walk.fill_unit_works(person)
    walk.attach(person, "M01", "M29")
    walk.submit(person, "安监", "质监")
    filing = Filing.objects.get()
    assert filing.status == Filing.Status.SUBMITTED
    assert sorted(each.document.name for each in filing.attachments.all()) == ["M01.pdf", "M29.pdf"]

"""After approval, in a real browser: 项目经理 changes, from the clerk's form to both stations (domain §5.7 19)."""

import os
from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from projects.actions import appoint_acting
from projects.models import ProjectParty
from projects.permissions import manager_of
from supervision.catalogue import CHANGE_FILES
from supervision.models import PersonnelChange
from tests import make
from tests.e2e import walk
from tests.e2e.conftest import work
from tests.supervision.changed import at_the_stations, fresh, site


def shot(person, name):
    """A picture for whoever asked for one."""
    if folder := os.environ.get("SHOTS"):
        person.page.screenshot(path=f"{folder}/{name}-{person.page.viewport_size['width']}.png", full_page=True)


def test_a_project_manager_is_changed(reference, people):
    where = site()
    clerk, owner = people(phone=True), people(phone=True)
    walk.sign_in(clerk, where.clerk.phone)
    page = walk.visit(clerk, where.filing.get_absolute_url())
    shot(clerk, "detail")
    walk.follow(page, "人员变更")
    walk.arrive(clerk, "**/changes/")
    shot(clerk, "changes")
    walk.press(page, "变更项目经理")
    page.wait_for_url("**/changes/0*/")
    walk.press(page, "提交")
    clerk.sees("请填写新负责人姓名")
    walk.look(clerk)
    shot(clerk, "missing")
    heir = where.successor
    walk.type_in(page, new_name=heir.name, new_id_number=heir.id_number, new_phone=heir.phone)
    walk.type_in(page, certificate_no="鄂1422026000001", reason="原项目经理调离本单位。")
    page.fill("[name=effective_on]", timezone.localdate().isoformat())
    for kind in CHANGE_FILES["contractor"]:
        walk.upload(clerk, kind.value, make.pdf(f"{kind.label}.pdf"))
    walk.look(clerk)
    shot(clerk, "form")
    walk.press(page, "提交")
    clerk.sees("已提交，请建设单位确认")
    walk.look(clerk)
    shot(clerk, "asked")
    change = PersonnelChange.objects.get()

    walk.sign_in(owner, where.principal.phone)
    page = walk.visit(owner, "/workbench/?show=changes")
    shot(owner, "workbench")
    page.get_by_role("link", name="去处理").first.click()
    walk.arrive(owner, f"**{change.get_absolute_url()}")
    walk.follow(page, "同意")
    walk.arrive(owner, "**/consent/")
    walk.press(page, "同意")
    owner.sees("已送监督站确认")

    for role, officer in where.officers.items():
        desk = people(phone=True)
        walk.sign_in(desk, officer.username, side="管理端")
        page = walk.visit(desk, reverse("review:changes"))
        shot(desk, f"list-{role}")
        walk.follow(page, str(where.filing))
        walk.arrive(desk, f"**{reverse('review:change', args=[change.pk])}")
        shot(desk, f"station-{role}")
        walk.follow(page, "安监处理" if role == "safety" else "质监处理")
        page.get_by_role("radio", name="确认变更").check()
        walk.look(desk)
        shot(desk, f"decide-{role}")
        walk.press(page, "提交")
        desk.sees("已确认，等待另一站确认。" if role == "safety" else "变更完成，已通知有关单位和人员。")
        desk.leaves()
    assert fresh(change).status == PersonnelChange.Status.CONFIRMED
    assert manager_of(where.project) == heir

    page = walk.visit(clerk, where.filing.get_absolute_url())
    clerk.sees("项目经理变更完成")
    shot(clerk, "after")
    walk.visit(clerk, reverse("filing:print", args=[where.filing.pk]))
    shot(clerk, "print")


def test_the_pages_around_it(reference, people):
    """Acting managers, mergers and the operator's pages, looked at."""
    where = site()
    change = at_the_stations(where)
    operator, office, desk = make.operator(), people(phone=True), people(phone=True)
    party = ProjectParty.objects.get(project=where.project, party_type="contractor")
    walk.sign_in(office, where.contractor.uscc)
    for name, args in (("acting-list", []), ("acting", [party.pk])):
        walk.visit(office, reverse(f"projects:{name}", args=args))
        shot(office, name)
    today = timezone.localdate()
    by = make.administrator_of(where.contractor)
    until = today + timedelta(days=9)
    acting = appoint_acting(party, user=where.successor, since=today, until=until, reason="突发疾病。", by=by)
    walk.visit(office, reverse("projects:acting-end", args=[party.pk]))
    walk.visit(office, reverse("enterprises:rename", args=[where.contractor.pk]))
    shot(office, "rename")

    walk.sign_in(desk, where.officers["safety"].username, side="管理端")
    walk.visit(desk, reverse("review:acting", args=[acting.pk]))
    shot(desk, "acting-note")
    walk.visit(desk, "/workbench/?show=changes")
    walk.visit(desk, reverse("filing:print", args=[where.filing.pk]) + "?full=1")

    console = people(phone=True)
    other = make.project(name=where.project.name)
    walk.sign_in(console, operator.username, side="管理端")
    project = where.project.pk
    pages = [("projects", []), ("project", [project]), ("merge-find", [project]), ("merge-new", [project, other.pk])]
    pages += [("project-close", [project]), ("filing-void", [where.filing.pk])]
    for name, args in pages:
        walk.visit(console, reverse(f"console:{name}", args=args))
        shot(console, name)
    walk.visit(console, reverse("enterprises:console"))
    shot(console, "enterprises")
    walk.visit(console, reverse("enterprises:suspend", args=[where.owner.pk]))
    visitor = people(phone=True)
    walk.visit(visitor, reverse("receipt-verify", args=[where.filing.receipt.code]))
    shot(visitor, "verify")
    assert fresh(change).status == PersonnelChange.Status.SUBMITTED


def test_the_form_works_without_scripts(reference, people):
    where = site()
    clerk = people(scripts=False)
    walk.sign_in(clerk, where.clerk.phone)
    page = clerk.opens(reverse("filing:changes", args=[where.filing.pk]))
    walk.press(page, "变更总监理工程师")
    page.fill("[name=new_name]", "新总监")
    for kind in CHANGE_FILES["supervisor"]:
        walk.hand_over(clerk, kind.value, make.pdf(f"{kind.label}.pdf"))
    walk.press(page, "保存")
    clerk.sees("已保存，尚未提交。")
    work()
    assert page.input_value("[name=new_name]") == "新总监"
    walk.press(page, "提交")
    clerk.sees("请填写身份证号")
    assert page.input_value("[name=new_name]") == "新总监"

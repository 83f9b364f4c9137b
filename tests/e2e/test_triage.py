"""该选哪个模块？ in a real browser, wide and on a phone, with scripts and without."""

import pytest

from supervision.catalogue import Module
from tests import make
from tests.e2e.test_projects import sign_in


@pytest.mark.usefixtures("reference")
@pytest.mark.parametrize("scripts", [True, False])
def test_three_questions_lead_from_the_application_centre_to_the_right_list(people, scripts):
    user = make.site_officer()
    make.award(contractor=make.employer_of(user), works_name="临江商务中心A座")
    person = people(phone=True, scripts=scripts)
    page = sign_in(person, user.phone)
    person.opens("/apps/").get_by_role("link", name="该选哪个模块？").click()
    for answer in ("没有施工许可证", "已走完招投标流程", "手续齐全"):
        page.get_by_role("radio", name=answer, exact=True).check()
        if scripts:
            person.looks()
        page.get_by_role("button", name="下一步").click()
    page.get_by_role("heading", name="请在先行介入报监").wait_for()
    if scripts:
        person.looks()
    page.get_by_role("link", name="选择 临江商务中心A座").click()
    page.wait_for_url("**/filing/early/new/?q=*")
    assert page.get_by_role("button", name="选择 临江商务中心A座").count() == 1


@pytest.mark.usefixtures("reference")
def test_a_permit_of_ones_own_is_offered_before_the_first_question(people):
    user = make.site_officer()
    filing = make.draft_filing(Module.JOINT, by=user, works_name="二七云栖府一期")
    person = people(width=390)
    page = sign_in(person, user.phone)
    person.opens("/filing/early/").get_by_role("link", name="该选哪个模块？").click()
    person.looks()
    page.get_by_role("link", name="二七云栖府一期").click()
    page.wait_for_url(f"**/filing/{filing.pk}/edit/")

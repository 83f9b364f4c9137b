"""数据接入 in a real browser: from the operator's first click to a mended row."""

from projects.models import ConstructionPermit, QuarantinedRow
from projects.tasks import run_feeds
from tests import make
from tests.e2e.walk import sign_in
from tests.projects.feeds.test_import import as_csv, line


def as_file(upload):
    return {"name": upload.name, "mimeType": "text/csv", "buffer": upload.read()}


def imported(page, *rows):
    """Hand in a file from the import page and look at its run once the worker is through."""
    page.set_input_files("[name=file]", as_file(as_csv(*rows)))
    page.get_by_role("button", name="导入", exact=True).click()
    page.wait_for_url("**/console/feeds/runs/**")
    run_feeds()
    page.reload()


def test_the_operator_imports_a_file_sees_its_bad_row_and_mends_it(people, reference):
    operator = make.operator()
    person = people()
    sign_in(person, operator.username, make.PASSWORD, side="管理端")
    page = person.opens("/console/feeds/")
    person.looks()
    page.get_by_role("link", name="导入文件：施工许可证").click()
    page.wait_for_url("**/import/")
    person.looks()
    imported(page, line(1), line(2, **{"工程名称": ""}))
    assert person.sees("第 3 行") and person.sees("没有填写")
    person.looks()
    assert (ConstructionPermit.objects.count(), QuarantinedRow.objects.count()) == (1, 1)
    page.get_by_role("link", name="导入文件").click()
    imported(page, line(1), line(2))
    assert person.sees("没有隔离的数据")
    assert (ConstructionPermit.objects.count(), QuarantinedRow.objects.count()) == (2, 0)

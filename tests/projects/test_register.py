"""项目用户注册: agreement, details, done; nothing typed is lost, nothing is told to those who should not know."""

import pytest
from django.urls import reverse

from accounts.models import Acceptance, Registration, User
from portal.audit import entries_about
from portal.audit.models import AuditEntry
from portal.documents.models import Document
from projects.models import PartyType, ProjectUser
from tests import make
from tests.projects.acts import (
    DETAILS,
    PASSWORD,
    REGISTER,
    applied,
    ask_code,
    begin,
    documents_of,
    filed,
    party,
    register,
    site,
    told,
    typed,
    upload,
)

pytestmark = pytest.mark.django_db
NO_PROJECT = "未搜索到项目，代表该项目尚未在平台报监，请先完成项目报监"


def html(answer):
    return answer.content.decode()


def test_the_way_from_the_agreement_to_the_done_page(client):
    project, contractor, _manager = site()
    answer, values = register(client, project, contractor)
    assert answer.status_code == 302 and answer.url == reverse("projects:user-register-done")
    application = ProjectUser.objects.get()
    user = User.objects.by_phone(values["phone"])
    assert (application.user, application.project, application.enterprise) == (user, project, contractor)
    assert (application.status, application.position_id, application.is_party) == ("submitted", "1018", True)
    assert user.check_password(PASSWORD) and not user.must_change_password
    assert documents_of(application) == ["id_photo", "commitment_letter"]
    assert set(Acceptance.objects.filter(user=user).values_list("agreement__kind", flat=True)) == {
        "project_user",
        "terms",
        "privacy",
        "id_photo",
    }
    assert told("project_user.applied") == ["陈建桥"]
    assert [entry.event for entry in entries_about(application)] == ["project_user.applied"]
    assert entries_about(application)[0].subject_label.startswith("赵* ·")
    page = html(client.get(answer.url))
    assert "等待审核" in page and "陈**" in page and "陈建桥" not in page
    assert Registration.objects.get().data == {}


def test_both_boxes_are_unticked_and_needed(client):
    make.reference()
    page = html(client.get(REGISTER))
    assert "checked" not in page and "《办理承诺函》模板" in page
    for ticked in ({}, {"agree": "on"}, {"consent": "on"}):
        assert client.post(REGISTER, ticked).status_code == 200
    assert not Registration.objects.exists()


def test_without_the_agreement_there_are_no_details_and_no_uploads(client):
    make.reference()
    assert client.get(DETAILS).url == REGISTER
    assert upload(client, "id_photo", make.jpeg()).status_code == 404


def test_the_letter_to_fill_in_is_a_word_file(client):
    answer = client.get(reverse("projects:letter"))
    assert answer.content.startswith(b"PK") and "attachment" in answer["Content-Disposition"]


def test_a_wrong_id_number_keeps_everything_else(client):
    project, contractor, _manager = site()
    answer, values = register(client, project, contractor, id_number="420102199001011234")
    page = html(answer)
    assert answer.status_code == 200 and "身份证号" in page
    for kept in (values["name"], values["phone"], contractor.name, "照片.jpg", "材料.pdf"):
        assert kept in page
    assert PASSWORD not in page
    again = html(client.get(DETAILS))
    for kept in (values["name"], values["phone"], contractor.name, "照片.jpg", "420102199001011234"):
        assert kept in again
    assert not User.objects.filter(kind="personal", name="赵敏").exists()


def test_a_photo_of_six_megabytes_is_refused_and_the_fields_stay(client):
    project, contractor, _manager = site()
    begin(client)
    large = make.jpeg()
    large.file.seek(0, 2)
    large.file.write(b"\0" * 6 * 1024 * 1024)
    large.file.seek(0)
    large.size = 6 * 1024 * 1024 + 700
    answer = client.post(DETAILS, typed(project, contractor, id_photo=large))
    assert "只能上传jpg/jpeg/png/PNG/JPG/JPEG文件，且不超过5M" in html(answer)
    assert 'value="赵敏"' in html(answer)
    assert not Document.objects.exists()


def test_a_page_that_calls_itself_a_photo_is_refused_and_the_fields_stay(client):
    project, contractor, _manager = site()
    begin(client)
    disguised = make.jpeg("身份证.jpg")
    disguised.file.seek(0)
    disguised.file.truncate()
    disguised.file.write(b"<html><script>alert(1)</script></html>")
    disguised.file.seek(0)
    disguised.size = 38
    answer = client.post(DETAILS, typed(project, contractor, id_photo=disguised))
    assert answer.status_code == 200 and 'value="赵敏"' in html(answer)
    assert not Document.objects.exists()


def test_photo_letter_and_code_are_needed(client):
    project, contractor, _manager = site()
    begin(client)
    page = html(client.post(DETAILS, typed(project, contractor)))
    assert "请上传身份证照片" in page and "请上传办理承诺函" in page and "请填写短信验证码" in page


def test_a_wrong_code_says_so_and_makes_nobody(client):
    project, contractor, _manager = site()
    answer, _values = register(client, project, contractor, code="000000")
    assert "验证码错误或已过期" in html(answer)
    assert not ProjectUser.objects.exists()


def test_the_code_button_works_without_script_and_complains_of_nothing(client):
    project, contractor, _manager = site()
    begin(client)
    page = html(client.post(DETAILS, typed(project, contractor, send_code="1", name="")))
    assert "验证码已发送" in page and "请填写姓名" not in page


def test_going_back_and_coming_again_loses_nothing(client):
    project, contractor, _manager = site()
    begin(client)
    assert client.post(DETAILS, typed(project, contractor, back="1")).url == REGISTER
    assert 'value="赵敏"' in html(client.get(DETAILS))


def test_cancelling_deletes_what_was_typed_and_uploaded(client):
    begin(client)
    upload(client, "id_photo", make.jpeg())
    assert client.post(reverse("projects:user-register-cancel")).url == "/register/"
    assert not Registration.objects.exists()
    assert list(Document.objects.values_list("key", "state")) == [("", "removed")]


def test_sending_the_form_twice_makes_one_application(client):
    project, contractor, _manager = site()
    begin(client)
    upload(client, "id_photo", make.jpeg(size=(800, 500)))
    upload(client, "letter", make.pdf())
    values = typed(project, contractor, once="a" * 22)
    values["code"] = ask_code(client, values["phone"])
    first, second = client.post(DETAILS, values), client.post(DETAILS, values)
    assert first.url == second.url == reverse("projects:user-register-done")
    assert ProjectUser.objects.count() == 1


# Looking up


def test_looking_up_works_without_script(client):
    project, contractor, _manager = site("滨江生态公园配套用房")
    begin(client)
    page = html(client.post(DETAILS, {"company": contractor.name[:6], "find": "company"}))
    assert f'value="{contractor.pk}"' in page
    page = html(client.post(DETAILS, {"company": contractor.name, "find": "company"}))
    assert f'value="{contractor.pk}" checked' in page and f'value="{project.pk}" checked' in page


def test_a_project_that_is_not_filed_is_not_found(client):
    contractor = make.enterprise()
    make.project(works_name="尚未报监的标记工程")
    begin(client)
    page = html(client.post(DETAILS, {"company": contractor.name, "find": "company"}))
    assert NO_PROJECT in page and "标记工程" not in page
    page = html(client.post(DETAILS, {"company": contractor.name, "enterprise": contractor.pk, "position": "1018"}))
    assert NO_PROJECT in page


def test_only_projects_of_the_enterprise_are_found_subcontracts_too(client):
    subcontractor, stranger = make.enterprise(), make.enterprise()
    filed(None, party(PartyType.LABOUR_SUB, subcontractor), name="劳务分包标记甲")
    filed(None, party(PartyType.CONTRACTOR, stranger), name="他人工程标记乙")
    begin(client)
    page = html(client.get(reverse("projects:found", args=["works"]), {"enterprise": subcontractor.pk}))
    assert "劳务分包标记甲" in page and "标记乙" not in page
    page = html(
        client.get(reverse("projects:found", args=["works"]), {"enterprise": subcontractor.pk, "works": "标记乙"})
    )
    assert NO_PROJECT in page and "他人工程" not in page


def test_an_enterprise_that_registered_after_the_filing_finds_its_project(client):
    code = make.uscc()
    project = filed(None, party(PartyType.CONTRACTOR, None, uscc=code))
    late = make.enterprise(uscc=code)
    page = html(client.get(reverse("projects:found", args=["works"]), {"enterprise": late.pk}))
    assert str(project.pk) in page


def test_a_project_of_another_enterprise_cannot_be_smuggled_in(client):
    mine = site()[1]
    other_project = site("别家的工程")[0]
    answer, _values = register(client, other_project, mine)
    assert answer.status_code == 200 and "请选择项目" in html(answer)
    assert not ProjectUser.objects.exists()


@pytest.mark.parametrize("keyword", ["%", "____", "武汉", "%%%%", "'; --"])
def test_wildcards_and_short_words_find_no_enterprise(client, keyword):
    make.enterprise("标记企业有限公司")
    assert "标记企业" not in html(client.get(reverse("projects:found", args=["company"]), {"company": keyword}))


def test_visitors_may_look_up_thirty_times_a_minute(client):
    url = reverse("projects:found", args=["company"])
    answers = [client.get(url, {"company": "武汉建设"}).status_code for _n in range(31)]
    assert answers == [200] * 30 + [429]


def test_whoever_has_chosen_is_not_held_up_by_that_limit(client):
    project, contractor, _manager = site()
    url = reverse("projects:found", args=["company"])
    for _n in range(31):
        client.get(url, {"company": "武汉建设"})
    answer, _values = register(client, project, contractor)
    assert answer.url == reverse("projects:user-register-done")


def test_the_lists_show_no_person_phone_or_number(client):
    project, contractor, manager = site()
    page = html(client.get(reverse("projects:found", args=["works"]), {"enterprise": contractor.pk}))
    for secret in (manager.name, manager.phone, contractor.uscc, project.number, project.address):
        assert secret not in page


# Who has an account already


def test_the_owner_of_a_known_phone_is_led_to_sign_in(client):
    project, contractor, _manager = site()
    person = make.person("钱有")
    answer, _values = register(client, project, contractor, phone=person.phone, id_number=person.id_number)
    assert answer.url == reverse("projects:user-register-known")
    assert "该手机号已有账号" in html(client.get(answer.url))
    assert not ProjectUser.objects.exists()


def test_an_id_number_of_another_account_is_disputed_and_nothing_is_told_of_it(client):
    project, contractor, _manager = site()
    person = make.person("钱有")
    answer, _values = register(client, project, contractor, id_number=person.id_number)
    page = html(client.get(answer.url))
    assert "与已有账号信息不一致，请登录或联系客服" in page
    assert "钱" not in page and person.phone[-4:] not in page
    assert AuditEntry.objects.filter(event="identity.disputed", subject_id=str(person.pk)).count() == 1
    assert not ProjectUser.objects.exists()


def test_without_the_code_a_known_number_gets_the_same_answer_as_any_other(client):
    project, contractor, _manager = site()
    person = make.person("钱有")
    known, _values = register(client, project, contractor, phone=person.phone, code="123456")
    other, _values = register(client, project, contractor, code="123456")
    assert known.status_code == other.status_code == 200
    assert "验证码错误或已过期" in html(known) and "验证码错误或已过期" in html(other)


def test_the_answer_about_an_id_number_costs_a_code(client):
    project, contractor, _manager = site()
    person = make.person("钱有")
    _answer, values = register(client, project, contractor, id_number=person.id_number)
    again = client.post(DETAILS, values | {"id_number": make.id_number()})
    assert "验证码错误或已过期" in html(again)


def test_a_signed_in_person_joins_instead(client):
    make.reference()
    client.force_login(make.person())
    assert client.get(REGISTER).url == reverse("projects:join")


# Files of drafts


def test_the_draft_of_another_browser_is_closed(client):
    begin(client)
    document = Document.objects.get(pk=upload(client, "id_photo", make.jpeg()).json()["id"])
    assert client.get(reverse("documents:file", args=[document.pk])).status_code == 200
    stranger = type(client)()
    assert stranger.get(reverse("documents:file", args=[document.pk])).status_code == 404
    assert upload(stranger, "id_photo", make.jpeg()).status_code == 404


def test_a_seventh_file_is_refused(client):
    begin(client)
    answers = [upload(client, "letter", make.pdf(f"{n}.pdf")).status_code for n in range(3)]
    assert answers == [201] * 3
    assert Document.objects.exclude(state="removed").count() == 1


def test_an_approver_sees_the_files_once_they_are_sound_and_a_stranger_never(client):
    project, contractor, manager = site()
    application = applied(project, contractor, files=False)
    document = make.ready_document("id_photo", application)
    url = reverse("documents:file", args=[document.pk])
    seen = []
    for who in (manager, application.user, make.person("路人"), site("别的工程")[2]):
        client.force_login(who)
        seen.append(client.get(url).status_code)
    assert seen == [200, 200, 404, 404]
    Document.objects.update(state="checking", checked_at=None)
    client.force_login(manager)
    assert client.get(url).status_code == 404

"""The factories make what the portal itself would accept."""

import pytest

from accounts.models import Station, StationRole, Target
from enterprises.permissions import administered_by, enterprises_granted
from portal.documents import storage
from portal.documents.sniffing import disguise
from portal.validators import (
    check_mobile,
    check_permit_no,
    check_project_no,
    check_resident_id,
    check_uscc,
    uscc_inner_warning,
)
from supervision.catalogue import Module
from supervision.gaps import gaps_in, warnings_in
from supervision.models import Filing
from tests import make

pytestmark = pytest.mark.django_db


def test_numbers_are_valid_and_never_twice():
    codes = [make.uscc() for _ in range(200)]
    people = [make.id_number() for _ in range(200)]
    phones = [make.phone() for _ in range(200)]

    for code in codes:
        check_uscc(code)
        assert uscc_inner_warning(code) is None
    for number in people:
        check_resident_id(number)
    for number in phones:
        check_mobile(number)
    assert check_permit_no(make.permit_no()) == check_project_no(make.project_no()) == []
    assert len({*codes}) == len({*people}) == len({*phones}) == 200


def test_files_are_what_their_names_say():
    for file in [make.jpeg(), make.png(), make.pdf()]:
        assert disguise(file.read(64), file.name.rpartition(".")[2]) in (None, "")


def test_a_person_signs_in_with_the_common_password():
    assert make.person().check_password(make.PASSWORD)
    assert make.administrator_of(make.enterprise()).check_password(make.PASSWORD)


def test_an_administrator_has_the_credit_code_as_user_name():
    enterprise = make.enterprise()

    assert make.administrator_of(enterprise).username == enterprise.uscc
    assert list(administered_by(make.administrator_of(enterprise))) == [enterprise]


def test_a_site_officer_may_file_for_the_employer():
    person = make.site_officer()

    assert list(enterprises_granted(person, "filing")) == [make.employer_of(person)]
    assert not enterprises_granted(make.member(make.enterprise()).user, "filing").exists()


def test_an_officer_has_one_post_at_the_body_of_the_area():
    post = make.officer("quality", "WC", chief=True).station_posts.get()

    assert (post.station.name, post.role, post.is_chief) == ("武昌区建筑管理站", "quality", True)


def test_a_new_station_takes_the_role_over():
    new = make.station("JA", [Target.SAFETY])

    assert make.station_of("safety", "JA") == new
    assert make.station_of("quality", "JA") == Station.objects.get(name="江岸区建筑管理站")
    assert StationRole.objects.filter(area="JA", role="safety").count() == 2


@pytest.mark.parametrize("module", Module)
def test_a_ready_filing_is_seen_by_its_people_and_by_no_stranger(module):
    person = make.site_officer()
    filing = make.ready_filing(module, person)

    assert list(Filing.objects.visible_to(person)) == [filing]
    assert not Filing.objects.visible_to(make.site_officer()).exists()
    assert filing.parties.count() == 3


def test_several_filings_of_one_person_can_stand_side_by_side():
    person = make.site_officer()
    for module in [*Module, *Module]:
        make.ready_filing(module, person)

    assert Filing.objects.visible_to(person).count() == 6


@pytest.mark.parametrize("module", Module)
def test_a_ready_filing_lacks_nothing_and_a_draft_does(module):
    assert gaps_in(make.ready_filing(module)) == []
    assert warnings_in(make.ready_filing(module)) == []
    assert gaps_in(make.draft_filing(module)) != []


@pytest.mark.parametrize("module", Module)
def test_a_filing_goes_all_the_way_through_the_real_actions(module):
    submitted = make.submitted_filing(module, targets=["safety"])
    assert (submitted.status, submitted.targets) == ("submitted", ["safety"])

    review = make.returned(submitted.reviews.get())
    assert (review.status, review.filing.status) == ("returned", "returned")

    filed = make.filed_filing(module)
    assert filed.status == "filed"
    assert filed.project.filed_at and filed.receipt.code


def test_a_ready_document_has_its_bytes():
    document = make.ready_document("id_photo", make.member(make.enterprise()), make.jpeg())

    assert document.is_ready
    assert storage.read(document) == make.jpeg().read()

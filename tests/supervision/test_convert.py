"""存在: an approved early filing is carried over into a later module (domain §5.4, security S8)."""

import pytest

from portal.errors import Refused
from projects.models import ConstructionPermit
from supervision.actions import supplement_filing, withdraw_filing
from supervision.candidates import EARLIER_MODULES
from supervision.catalogue import Module
from supervision.models import Attachment, Filing, MaterialRule, Receipt
from tests import make
from tests.supervision.acts import review_of, states, submit

pytestmark = pytest.mark.django_db


@pytest.fixture
def author():
    return make.site_officer()


def filed(author, module=Module.EARLY, **fields):
    filing = submit(make.ready_filing(module, by=author, **fields), author)
    for role in ("safety", "quality"):
        make.approved(review_of(filing, role))
    return Filing.objects.get(pk=filing.pk)


def copy_of(earlier, author, module=Module.JOINT, **fields):
    """A later filing that says and hands in exactly the same, on a project of its own."""
    filing = make.ready_filing(module, by=author, works_name=earlier.works_name, **fields)
    filing.parties.all().delete()
    for party in earlier.parties.all():
        make.add_party(filing, party.party_type, party.enterprise, order=party.order)
        values = {
            name: getattr(party, name)
            for name in ("head_name", "head_id_index", "certificate_no", "legal_representative")
        }
        mine = filing.parties.get(party_type=party.party_type)
        for name, value in values.items():
            setattr(mine, name, value)
        mine.head_id_number, mine.head_phone = party.head_id_number, party.head_phone
        mine.save()
    filing.attachments.all().delete()
    for attachment in earlier.attachments.all():
        document = make.document_row("material", filing, by=author)
        document.sha256 = attachment.document.sha256
        document.save()
        Attachment.objects.create(filing=filing, material=attachment.material, document=document, added_by=author)
    MaterialRule.objects.filter(module=module, need="required").exclude(
        material__in=earlier.attachments.values("material")
    ).update(need="optional")
    return filing


@pytest.mark.parametrize("module", Module)
@pytest.mark.parametrize("earlier", Module)
def test_only_an_earlier_module_can_be_carried_over(author, module, earlier):
    prior = filed(author, earlier)
    filing = make.ready_filing(module, by=author)
    if earlier in EARLIER_MODULES[module]:
        submit(filing, author, prior_exists=True, prior=prior)
        filing.refresh_from_db()
        assert (filing.converts, filing.status, filing.targets) == (prior, "submitted", ["safety", "quality"])
    else:
        with pytest.raises(Refused):
            submit(filing, author, prior_exists=True, prior=prior)


@pytest.mark.parametrize("module", Module)
def test_yes_without_naming_one_is_refused(author, module):
    with pytest.raises(Refused, match="请选择已报监的项目"):
        submit(make.ready_filing(module, by=author), author, prior_exists=True)


def test_what_is_not_approved_yet_cannot_be_carried_over(author):
    prior = submit(make.ready_filing(Module.ADVANCE, by=author), author)
    with pytest.raises(Refused, match="审核通过后才能转入本模块"):
        submit(make.ready_filing(Module.EARLY, by=author), author, prior_exists=True, prior=prior)


def test_another_companys_filing_is_refused_unless_number_or_owner_agree(author):
    other = make.site_officer()
    prior = filed(other, Module.ADVANCE)
    filing = make.ready_filing(Module.EARLY, by=author)
    with pytest.raises(Refused, match="不属于本项目"):
        submit(filing, author, prior_exists=True, prior=prior)

    owner = prior.parties.get(party_type="owner")
    filing.parties.filter(party_type="owner").update(uscc=owner.uscc)
    submit(filing, author, prior_exists=True, prior=prior)
    assert states(filing)[0] == "submitted"


def test_the_early_filing_stays_live_until_the_conversion_is_complete(author):
    prior = filed(author)
    filing = submit(make.ready_filing(Module.JOINT, by=author), author, prior_exists=True, prior=prior)
    make.approved(review_of(filing, "safety"))
    prior.refresh_from_db()
    assert prior.status == "filed"

    make.approved(review_of(filing, "quality"))

    prior.refresh_from_db()
    filing.refresh_from_db()
    assert (prior.status, prior.live_key) == ("superseded", None)
    assert (filing.status, filing.live_key) == ("filed", str(filing.project_id))
    assert Receipt.objects.filter(filing__in=[prior, filing]).count() == 2


def test_the_project_keeps_its_supervision_numbers(author):
    prior = filed(author)
    numbers = [review_of(prior, role).supervision_no for role in ("safety", "quality")]
    filing = submit(make.ready_filing(Module.JOINT, by=author), author, prior_exists=True, prior=prior)
    for role in ("safety", "quality"):
        make.approved(review_of(filing, role))
    assert [review_of(filing, role).supervision_no for role in ("safety", "quality")] == numbers
    facts = Receipt.objects.get(filing=filing).facts
    assert [station["number"] for station in facts["stations"]] == numbers


def test_it_comes_under_the_project_where_the_people_are(author):
    prior = filed(author)
    filing = make.ready_filing(Module.JOINT, by=author, project=make.project(), project_no="")
    number, left = filing.project.project_no, filing.project
    ConstructionPermit.objects.filter(pk=filing.permit_id).update(project=left)

    submit(filing, author, prior_exists=True, prior=prior)

    filing.refresh_from_db()
    left.refresh_from_db()
    assert filing.project == prior.project
    assert (filing.project.project_no, left.project_no) == (number, None)
    assert ConstructionPermit.objects.get(pk=filing.permit_id).project == prior.project


def test_a_station_that_approved_the_same_is_kept_and_the_rest_is_reviewed(author):
    prior = filed(author)
    filing = copy_of(prior, author)
    filing.attachments.filter(material_id="M12").delete()  # read by quality only
    document = make.document_row("material", filing, by=author)
    document.save()
    Attachment.objects.create(filing=filing, material_id="M12", document=document, added_by=author)

    submit(filing, author, prior_exists=True, prior=prior)

    assert states(filing) == ("under_review", "kept", "waiting")
    assert review_of(filing, "safety").decided_by == review_of(prior, "safety").decided_by


def test_nothing_is_kept_when_something_material_changed(author):
    prior = filed(author)
    filing = copy_of(prior, author, address="江岸区别处")
    submit(filing, author, prior_exists=True, prior=prior)
    assert states(filing) == ("submitted", "waiting", "waiting")


def test_a_second_conversion_of_the_same_filing_is_refused(author):
    prior = filed(author)
    submit(make.ready_filing(Module.JOINT, by=author), author, prior_exists=True, prior=prior)
    with pytest.raises(Refused):
        submit(make.ready_filing(Module.JOINT, by=author), author, prior_exists=True, prior=prior)


def test_a_withdrawn_conversion_leaves_the_early_filing_as_it_was(author):
    prior = filed(author)
    filing = submit(make.ready_filing(Module.JOINT, by=author), author, prior_exists=True, prior=prior)
    withdraw_filing(filing, by=author)
    prior.refresh_from_db()
    assert prior.status == "filed"
    again = submit(make.ready_filing(Module.JOINT, by=author), author, prior_exists=True, prior=prior)
    assert again.status == "submitted"


def test_the_dialog_offers_the_early_filing(client, author):
    prior = filed(author, project_no="4201022603150009")
    filing = make.ready_filing(Module.JOINT, by=author, project_no="4201022603150009")
    client.force_login(author)
    url = f"/filing/{filing.pk}/submit/"
    page = client.get(url).content.decode()
    assert prior.number in page
    response = client.post(url, {"prior_exists": "yes", "prior": prior.pk, "targets": []})
    assert response.status_code == 302
    filing.refresh_from_db()
    assert filing.converts == prior


# 补报另一监督对象


def test_the_other_target_is_asked_later_without_entering_anything_again(author):
    filing = submit(make.ready_filing(by=author), author, targets=["safety"])
    make.approved(review_of(filing, "safety"))

    supplement_filing(filing, by=author)

    filing.refresh_from_db()
    assert (filing.status, filing.targets) == ("under_review", ["safety", "quality"])
    make.approved(review_of(filing, "quality"))
    assert states(filing) == ("filed", "approved", "approved")


def test_there_is_nothing_to_supplement_when_both_were_asked(author):
    filing = submit(make.ready_filing(by=author), author)
    with pytest.raises(Refused):
        supplement_filing(filing, by=author)

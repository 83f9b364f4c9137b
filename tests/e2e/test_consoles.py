"""The cards of the operators and the pages of one's own account, looked at together at both widths."""

from tests import make
from tests.e2e.test_accounts import sign_in

ACCOUNT = [
    "/account/",
    "/account/devices/",
    "/account/log/",
    "/account/phone/",
    "/messages/settings/",
]


def test_every_card_of_the_operators_and_the_own_account_reads_well(reference, people):
    """The cards come from the page itself, so a new one is looked at as soon as it is there."""
    person = people(phone=True)
    sign_in(person, make.operator().username, make.PASSWORD, "staff").wait_for_url("**/home/")
    page = person.opens("/console/")
    person.looks()
    cards = page.locator("main a[href^='/console/']").evaluate_all("links => links.map(link => link.pathname)")
    assert "/console/officers/" in cards
    for path in [*dict.fromkeys(cards), "/console/officers/new/", *ACCOUNT]:
        answer = page.goto(path)
        assert (path, answer.status) == (path, 200)
        person.looks()

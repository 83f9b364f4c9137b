"""Addresses that are worked out once."""

from uuid import uuid4

import pytest
from django.urls import NoReverseMatch, reverse, set_script_prefix

from portal.links import link_to


def test_an_address_is_the_one_that_django_finds():
    key = uuid4()
    assert (link_to("home"), link_to("filing:detail", key)) == (reverse("home"), reverse("filing:detail", args=[key]))


def test_what_is_not_there_is_said():
    with pytest.raises(NoReverseMatch):
        link_to("no-such-page")


def test_a_site_below_a_folder_has_its_own(request):
    request.addfinalizer(lambda: set_script_prefix("/"))
    link_to("home")
    set_script_prefix("/portal/")
    assert link_to("home") == reverse("home") == "/portal/home/"

"""The kernel's own site and people, so that its tests need no app's pages."""

import pytest
from django.contrib.auth import get_user_model
from django.test import Client


@pytest.fixture
def site(settings):
    """The pages of kernel_site, behind the real middleware as far as it belongs to the kernel."""
    settings.ROOT_URLCONF = "tests.portal.kernel_site"
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if not name.startswith(("accounts.", "allauth."))]
    return Client(raise_request_exception=False)


@pytest.fixture
def person(db):
    """Makes a personal account: person("周启明", "19900000001")."""

    def make(name="周启明", phone=""):
        users = get_user_model().objects
        user = users.model(kind="personal", username=f"p-{users.count()}", name=name)
        user.set_id_number(f"{users.count():018}")
        user.set_phone(phone)
        user.save()
        return user

    return make

"""An enterprise with its administrator signed in."""

import pytest

from tests import make


@pytest.fixture
def enterprise(db):
    return make.enterprise("湖北楚天宏基建设集团有限公司")


@pytest.fixture
def administrator(enterprise):
    return make.administrator_of(enterprise)


@pytest.fixture
def desk(client, administrator):
    """A browser in which the administrator is signed in."""
    client.force_login(administrator)
    return client

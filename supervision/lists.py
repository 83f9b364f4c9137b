"""The lists of 项目报监 that people make their own and export. Found at the start; stands beside urls, above the views."""

from functools import partial
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.lists.kinds import ListKind, register
from projects.permissions import may_enter
from supervision.catalogue import SPECS, SYSTEM, Module
from supervision.filing_list import columns_of, filing_rows, searched, with_shown
from supervision.forms.search import FilingSearchForm
from supervision.models import Filing
from supervision.views.lists import filing_kind


def all_of(module: Module, user: Any, query: QueryDict):
    """What the list shows, with all that any column of it takes."""
    return with_shown(searched(Filing.objects.visible_to(user), module, query), every_code(module))


def every_code(module: Module) -> set[str]:
    return {column.code for column in columns_of(module)}


def may_open_filings(user: Any) -> bool:
    return may_enter(user, SYSTEM)


for _module in Module:
    register(
        ListKind(
            code=filing_kind(_module),
            label=_module.label,
            columns=columns_of(_module),
            url=partial(reverse, "filing:list", args=[SPECS[_module].slug]),
            form=FilingSearchForm,
            may_open=may_open_filings,
            rows=partial(all_of, _module),
            prepared=partial(filing_rows, codes=every_code(_module)),
        )
    )

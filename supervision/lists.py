"""The lists of 项目报监 that people make their own and export. Found at the start; stands beside urls, above the views."""

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import islice
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import StationPost
from portal.lists.kinds import Column, ListKind, register
from portal.masking import mask_name
from projects.permissions import may_enter
from supervision.catalogue import SPECS, SYSTEM, Module
from supervision.filing_list import columns_of, filing_rows, searched, with_shown
from supervision.forms.review import InboxFilter
from supervision.forms.search import FilingSearchForm
from supervision.models import Filing, Review
from supervision.views.lists import filing_kind
from supervision.views.review import inbox


def all_of(module: Module, user: Any, query: QueryDict):
    """What the list shows, with all that any column of it takes."""
    return with_shown(searched(Filing.objects.visible_to(user), module, query), every_code(module))


def every_code(module: Module) -> set[str]:
    return {column.code for column in columns_of(module)}


def may_open_filings(user: Any) -> bool:
    return may_enter(user, SYSTEM)


def inbox_of(user: Any, query: QueryDict):
    """What the inbox shows of the chosen tab and second filter."""
    filter = InboxFilter(query)
    return inbox.with_shown(inbox.shown(user, filter, inbox.reviews_found(user, filter)))


def inbox_rows(reviews: Iterable[Any], user: Any) -> Iterator[inbox.Row]:
    """In portions, for each portion asks for its holidays once."""
    reviews = iter(reviews)
    while portion := list(islice(reviews, 1000)):
        yield from inbox.rows_of(portion, user, "")


def may_open_inbox(user: Any) -> bool:
    return StationPost.objects.held().filter(user=user).exists()


def due_on(row: inbox.Row) -> Any:
    return row.review.due_on if row.review.status in Review.UNDECIDED else None


INBOX_COLUMNS = (
    Column("name", _("工程名称"), lambda row: row.name, is_fixed=True, width=36),
    Column("module", _("模块"), lambda row: row.review.filing.get_module_display(), width=12),
    Column("number", _("报监编号"), lambda row: row.review.filing.number, width=20),
    Column("district", _("所属区域"), lambda row: row.review.filing.district, is_shown=False, width=12),
    Column("role", _("报监对象"), lambda row: row.review.get_role_display(), width=12),
    Column("status", _("状态"), lambda row: row.review.get_status_display()),
    Column("round", _("轮次"), lambda row: row.review.round, width=8),
    Column("due", _("期限"), due_on, width=12),
    Column("officer", _("经办人"), lambda row: mask_name(row.review.assignee.name) if row.review.assignee else None),
    Column("submitted_at", _("提交时间"), lambda row: row.review.version.submitted_at, is_shown=False),
    Column("decided_at", _("办结时间"), lambda row: row.review.decided_at, is_shown=False),
)

register(
    ListKind(
        code=inbox.KIND,
        label=_("审核"),
        columns=INBOX_COLUMNS,
        url=partial(reverse, "review:list"),
        form=InboxFilter,
        may_open=may_open_inbox,
        rows=inbox_of,
        prepared=inbox_rows,
    )
)

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

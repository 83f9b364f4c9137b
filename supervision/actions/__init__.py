"""Everything that changes a filing or its reviews. Each action locks the project, then the filing, then acts."""

from supervision.actions.assign import assign_review
from supervision.actions.attachments import attach, remove_attachment
from supervision.actions.conversion import await_prior, take_over
from supervision.actions.corrections import answer_item, editable_places, may_change, open_items, resubmit_filing
from supervision.actions.create import create_filing, pull_permit
from supervision.actions.promises import change_promise
from supervision.actions.reveal import reveal_head
from supervision.actions.review import (
    accept_review,
    add_item,
    approve_review,
    change_item,
    drop_item,
    return_review,
)
from supervision.actions.sections import Outdated, save_basics, save_parties, save_unit_works
from supervision.actions.settle import overall, settle
from supervision.actions.submit import submit_filing
from supervision.actions.withdraw import supplement_filing, withdraw_filing

__all__ = [
    "Outdated",
    "attach",
    "await_prior",
    "create_filing",
    "pull_permit",
    "remove_attachment",
    "save_basics",
    "save_parties",
    "save_unit_works",
    "accept_review",
    "add_item",
    "answer_item",
    "approve_review",
    "assign_review",
    "change_item",
    "change_promise",
    "drop_item",
    "editable_places",
    "may_change",
    "open_items",
    "overall",
    "resubmit_filing",
    "return_review",
    "reveal_head",
    "settle",
    "submit_filing",
    "supplement_filing",
    "take_over",
    "withdraw_filing",
]

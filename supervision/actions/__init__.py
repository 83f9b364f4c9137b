"""Everything that changes a filing or its reviews. Each action locks the project, then the filing, then acts."""

from supervision.actions.acting import note_acting
from supervision.actions.addenda import drop_addendum, hand_in_addendum, open_addendum
from supervision.actions.assign import assign_review
from supervision.actions.attachments import attach, describe_attachment, move_attachment, remove_attachment
from supervision.actions.changes import (
    begin_change,
    confirm_change,
    consent_to_change,
    decline_change,
    return_change,
    save_change,
    send_change,
    withdraw_change,
)
from supervision.actions.conversion import await_prior, take_over
from supervision.actions.corrections import answer_item, editable_places, may_change, open_items, resubmit_filing
from supervision.actions.create import create_filing
from supervision.actions.materials import publish_material_file, withdraw_material_file
from supervision.actions.merge import answer_merge, ask_merge, cancel_merge
from supervision.actions.permits import adopt_source, follow_permits, pull_permit
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
from supervision.actions.voiding import void_filing
from supervision.actions.withdraw import supplement_filing, withdraw_filing

__all__ = [
    "Outdated",
    "accept_review",
    "add_item",
    "adopt_source",
    "answer_item",
    "answer_merge",
    "approve_review",
    "ask_merge",
    "assign_review",
    "attach",
    "await_prior",
    "begin_change",
    "cancel_merge",
    "change_item",
    "change_promise",
    "confirm_change",
    "consent_to_change",
    "create_filing",
    "decline_change",
    "describe_attachment",
    "drop_addendum",
    "drop_item",
    "editable_places",
    "follow_permits",
    "hand_in_addendum",
    "may_change",
    "move_attachment",
    "note_acting",
    "open_addendum",
    "open_items",
    "overall",
    "publish_material_file",
    "pull_permit",
    "remove_attachment",
    "resubmit_filing",
    "return_change",
    "return_review",
    "reveal_head",
    "save_basics",
    "save_change",
    "save_parties",
    "save_unit_works",
    "send_change",
    "settle",
    "submit_filing",
    "supplement_filing",
    "take_over",
    "void_filing",
    "withdraw_change",
    "withdraw_filing",
    "withdraw_material_file",
]

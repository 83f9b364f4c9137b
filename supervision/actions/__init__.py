"""Everything that changes a filing or its reviews. Each action locks the project, then the filing, then acts."""

from supervision.actions.acting import note_acting
from supervision.actions.addenda import drop_addendum, hand_in_addendum, open_addendum
from supervision.actions.approval import approve_review, confirm_approval, decline_approval
from supervision.actions.assign import (
    assign_many,
    assign_review,
    claim_many,
    claim_review,
    recuse,
    release_review,
)
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
from supervision.actions.checks import drop_phrase, keep_phrase, mark_points
from supervision.actions.conversion import await_prior, take_over
from supervision.actions.copy import copy_filing
from supervision.actions.corrections import answer_item, editable_places, may_change, open_items, resubmit_filing
from supervision.actions.create import create_filing
from supervision.actions.delegate import declare_tie, delegate, end_delegation, end_tie
from supervision.actions.letters import write_letter
from supervision.actions.materials import publish_material_file, withdraw_material_file
from supervision.actions.merge import answer_merge, ask_merge, cancel_merge
from supervision.actions.notes import note_look, request_coordination, save_opinion, write_note
from supervision.actions.permits import adopt_party, adopt_source, follow_permits, pull_permit
from supervision.actions.posts import end_post, give_post, hand_on_after_posts, move_post
from supervision.actions.promises import change_promise
from supervision.actions.rejection import confirm_rejection, decline_rejection, propose_rejection
from supervision.actions.reveal import reveal_head, reveal_officer
from supervision.actions.review import (
    accept_review,
    add_item,
    agree_late_item,
    change_item,
    drop_item,
    return_review,
)
from supervision.actions.sections import Outdated, save_basics, save_parties, save_unit_works
from supervision.actions.settle import overall, settle
from supervision.actions.submit import submit_filing
from supervision.actions.survey import finish_survey, order_survey
from supervision.actions.transfer import stations_to_take, transfer_review
from supervision.actions.undo import undo_decision, why_not_undone
from supervision.actions.voiding import void_filing
from supervision.actions.withdraw import (
    answer_withdrawal,
    let_go_of_unanswered,
    request_withdrawal,
    supplement_filing,
    withdraw_filing,
)

__all__ = [
    "Outdated",
    "accept_review",
    "add_item",
    "adopt_party",
    "adopt_source",
    "agree_late_item",
    "answer_item",
    "answer_merge",
    "answer_withdrawal",
    "approve_review",
    "ask_merge",
    "assign_many",
    "assign_review",
    "attach",
    "await_prior",
    "begin_change",
    "cancel_merge",
    "change_item",
    "change_promise",
    "claim_many",
    "claim_review",
    "confirm_approval",
    "confirm_change",
    "confirm_rejection",
    "consent_to_change",
    "copy_filing",
    "create_filing",
    "declare_tie",
    "decline_approval",
    "decline_change",
    "decline_rejection",
    "delegate",
    "describe_attachment",
    "drop_addendum",
    "drop_item",
    "drop_phrase",
    "editable_places",
    "end_delegation",
    "end_post",
    "end_tie",
    "finish_survey",
    "follow_permits",
    "give_post",
    "hand_in_addendum",
    "hand_on_after_posts",
    "keep_phrase",
    "let_go_of_unanswered",
    "mark_points",
    "may_change",
    "move_attachment",
    "move_post",
    "note_acting",
    "note_look",
    "open_addendum",
    "open_items",
    "order_survey",
    "overall",
    "propose_rejection",
    "publish_material_file",
    "pull_permit",
    "recuse",
    "release_review",
    "remove_attachment",
    "request_coordination",
    "request_withdrawal",
    "resubmit_filing",
    "return_change",
    "return_review",
    "reveal_head",
    "reveal_officer",
    "save_basics",
    "save_change",
    "save_opinion",
    "save_parties",
    "save_unit_works",
    "send_change",
    "settle",
    "stations_to_take",
    "submit_filing",
    "supplement_filing",
    "take_over",
    "transfer_review",
    "undo_decision",
    "void_filing",
    "why_not_undone",
    "withdraw_change",
    "withdraw_filing",
    "withdraw_material_file",
    "write_letter",
    "write_note",
]

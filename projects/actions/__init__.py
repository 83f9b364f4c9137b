"""Everything that changes a project or who works on it."""

from projects.actions.applying import (
    Known,
    abandon_registration,
    join_project,
    register_project_user,
    resubmit_application,
    withdraw_application,
)
from projects.actions.completion import appoint_waiting_leads, complete_project
from projects.actions.deciding import approve_application, end_membership, reject_application, reveal
from projects.actions.delegating import delegate_approvals, end_delegation, end_past_delegations
from projects.actions.ending import close_project, reopen_project, unfile_project
from projects.actions.feeds import drop_row, drop_run, import_file, release_run, request_run, require_operator
from projects.actions.merging import merge_projects, with_number
from projects.actions.parts import part_for, split_project
from projects.actions.standstill import register_standstill, resume_works, suspend_works
from projects.actions.succession import (
    appoint_acting,
    days_left,
    end_acting,
    end_acting_posts,
    register_appointment,
    replace_lead,
)
from projects.actions.vacancy import register_concerned
from projects.actions.waiting import expire_applications, nudge_approvers, remind_approvers

__all__ = [
    "Known",
    "abandon_registration",
    "appoint_acting",
    "appoint_waiting_leads",
    "approve_application",
    "close_project",
    "complete_project",
    "days_left",
    "delegate_approvals",
    "drop_row",
    "drop_run",
    "end_acting",
    "end_acting_posts",
    "end_delegation",
    "end_membership",
    "end_past_delegations",
    "expire_applications",
    "import_file",
    "join_project",
    "merge_projects",
    "nudge_approvers",
    "part_for",
    "register_appointment",
    "register_concerned",
    "register_standstill",
    "resume_works",
    "suspend_works",
    "register_project_user",
    "reject_application",
    "release_run",
    "remind_approvers",
    "reopen_project",
    "replace_lead",
    "request_run",
    "require_operator",
    "resubmit_application",
    "reveal",
    "split_project",
    "unfile_project",
    "with_number",
    "withdraw_application",
]

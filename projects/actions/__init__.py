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
from projects.actions.feeds import drop_row, drop_run, import_file, release_run, request_run, require_operator
from projects.actions.waiting import expire_applications, forget_files, remind_approvers

__all__ = [
    "Known",
    "abandon_registration",
    "appoint_waiting_leads",
    "approve_application",
    "complete_project",
    "drop_row",
    "drop_run",
    "end_membership",
    "expire_applications",
    "forget_files",
    "import_file",
    "join_project",
    "register_project_user",
    "reject_application",
    "release_run",
    "remind_approvers",
    "request_run",
    "require_operator",
    "resubmit_application",
    "reveal",
    "withdraw_application",
]

"""What may be done to enterprises, their people and their systems. The only code that writes them."""

from enterprises.actions.administrators import appoint_administrator, remove_administrator
from enterprises.actions.agents import answer_agency, propose_agent, withdraw_agency
from enterprises.actions.belonging import admit, ask_to_belong, withdraw_join_request
from enterprises.actions.invitations import answer_invitation
from enterprises.actions.joining import ask_to_join, dismiss_join_request
from enterprises.actions.leaving import delete_member, move_member, reset_password
from enterprises.actions.members import add_member, change_member, set_member_systems
from enterprises.actions.registration import (
    AlreadyRegistered,
    abandon_registration,
    keep_values,
    note_duplicate,
    register_enterprise,
)
from enterprises.actions.roster import import_members, keep_roster
from enterprises.actions.standing import rename_enterprise, restore_enterprise, suspend_enterprise, verify_enterprise
from enterprises.actions.systems import grant_systems, revoke_system

__all__ = [
    "AlreadyRegistered",
    "abandon_registration",
    "add_member",
    "admit",
    "answer_invitation",
    "ask_to_belong",
    "answer_agency",
    "answer_invitation",
    "appoint_administrator",
    "ask_to_join",
    "change_member",
    "delete_member",
    "dismiss_join_request",
    "grant_systems",
    "import_members",
    "keep_roster",
    "keep_values",
    "move_member",
    "note_duplicate",
    "propose_agent",
    "register_enterprise",
    "remove_administrator",
    "rename_enterprise",
    "reset_password",
    "restore_enterprise",
    "revoke_system",
    "set_member_systems",
    "suspend_enterprise",
    "verify_enterprise",
    "withdraw_join_request",
    "withdraw_agency",
]

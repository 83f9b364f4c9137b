"""Enterprises, the people in them, and the business systems they may use."""

from enterprises.models.agents import AgentChange, Appointment
from enterprises.models.enterprise import Administrator, Enterprise, EnterpriseName, JoinRequest
from enterprises.models.members import Member, Position
from enterprises.models.systems import BusinessSystem, MemberExclusion, SystemGrant

__all__ = [
    "Administrator",
    "AgentChange",
    "Appointment",
    "BusinessSystem",
    "Enterprise",
    "EnterpriseName",
    "JoinRequest",
    "Member",
    "MemberExclusion",
    "Position",
    "SystemGrant",
]

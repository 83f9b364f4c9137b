"""Projects and who works on them; permits and awards as the feeds bring them."""

from projects.models.acting import ActingLead
from projects.models.feeds import (
    AwardRecord,
    ConstructionPermit,
    Feed,
    FeedRun,
    FeedState,
    QuarantinedRow,
    SourceRecord,
)
from projects.models.handover import EnterpriseHandover
from projects.models.project import PartyType, Project, ProjectGrant, ProjectParty
from projects.models.project_user import ProjectUser
from projects.models.standstill import Standstill

__all__ = [
    "Standstill",
    "ActingLead",
    "AwardRecord",
    "ConstructionPermit",
    "EnterpriseHandover",
    "Feed",
    "FeedRun",
    "FeedState",
    "PartyType",
    "Project",
    "ProjectGrant",
    "ProjectParty",
    "ProjectUser",
    "QuarantinedRow",
    "SourceRecord",
]

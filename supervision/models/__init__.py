"""Filings with their four sections, their frozen versions, and the stations' reviews."""

from supervision.models.attachments import Addendum, Attachment, Material, MaterialFile, MaterialRule
from supervision.models.changes import ChangeConfirmation, PersonnelChange
from supervision.models.checks import CheckMark, CheckPoint, Phrase
from supervision.models.desk import DeclaredTie, Look, Note, OpinionDraft, Recusal, Survey, WithdrawalRequest
from supervision.models.filing import Filing, FilingVersion
from supervision.models.letters import Letter
from supervision.models.merges import MergeConsent, ProjectMerge
from supervision.models.numbers import SupervisionNumber, WorkNumber
from supervision.models.receipt import DecisionNotice, Receipt
from supervision.models.review import DeficiencyItem, ReturnReason, Review, ReviewDecision
from supervision.models.sections import FilingParty, SafetyOfficer, UnitWork

__all__ = [
    "Addendum",
    "Attachment",
    "ChangeConfirmation",
    "CheckMark",
    "CheckPoint",
    "DecisionNotice",
    "DeclaredTie",
    "DeficiencyItem",
    "Filing",
    "FilingParty",
    "FilingVersion",
    "Letter",
    "Look",
    "Material",
    "MaterialFile",
    "MaterialRule",
    "MergeConsent",
    "Note",
    "OpinionDraft",
    "PersonnelChange",
    "Phrase",
    "ProjectMerge",
    "Receipt",
    "Recusal",
    "ReturnReason",
    "Review",
    "ReviewDecision",
    "SafetyOfficer",
    "SupervisionNumber",
    "Survey",
    "UnitWork",
    "WithdrawalRequest",
    "WorkNumber",
]

"""Filings with their four sections, their frozen versions, and the stations' reviews."""

from supervision.models.attachments import Attachment, Material, MaterialRule
from supervision.models.filing import Filing, FilingVersion
from supervision.models.receipt import Receipt
from supervision.models.review import DeficiencyItem, ReturnReason, Review, ReviewDecision
from supervision.models.sections import FilingParty, UnitWork

__all__ = [
    "Attachment",
    "DeficiencyItem",
    "Filing",
    "FilingParty",
    "FilingVersion",
    "Material",
    "MaterialRule",
    "Receipt",
    "ReturnReason",
    "Review",
    "ReviewDecision",
    "UnitWork",
]

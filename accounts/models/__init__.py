"""People, stations, agreements, drafts of registrations, verification codes."""

from accounts.models.agreements import Acceptance, Agreement
from accounts.models.codes import VerificationCode
from accounts.models.personal_data import DataCopy, DataRequest
from accounts.models.registrations import Registration
from accounts.models.stations import Delegation, Station, StationPost, StationRole, Target
from accounts.models.users import User

__all__ = [
    "Acceptance",
    "Agreement",
    "DataCopy",
    "DataRequest",
    "Delegation",
    "Registration",
    "Station",
    "StationPost",
    "StationRole",
    "Target",
    "User",
    "VerificationCode",
]

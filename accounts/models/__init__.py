"""People, stations, agreements, drafts of registrations, verification codes, devices and recovery tickets."""

from accounts.models.activations import Activation
from accounts.models.agreements import Acceptance, Agreement
from accounts.models.codes import VerificationCode
from accounts.models.devices import Device, SignInLock
from accounts.models.personal_data import DataCopy, DataRequest
from accounts.models.registrations import Registration
from accounts.models.stations import Delegation, Station, StationPost, StationRole, Target
from accounts.models.tickets import RecoveryTicket
from accounts.models.users import User

__all__ = [
    "Acceptance",
    "Activation",
    "Agreement",
    "DataCopy",
    "DataRequest",
    "Delegation",
    "Device",
    "RecoveryTicket",
    "Registration",
    "SignInLock",
    "Station",
    "StationPost",
    "StationRole",
    "Target",
    "User",
    "VerificationCode",
]

from patrol.models.devices import Device, DeviceInvitation, Door, SpeedUnit
from patrol.models.presence import PresenceHour, Target, TouchedPatrol
from patrol.models.proposals import PlanProposal, ProposalStandard
from patrol.models.records import IntakeConflict, LogEntry, Photo, Submission
from patrol.models.shifts import Crew, CrewKept, Shift, ShiftKept, ShiftKind, ShiftTemplate
from patrol.models.standards import PatrolStandard
from patrol.models.teams import Beat, BeatKept, Membership, Team
from patrol.models.tracks import Fix, Patrol, PatrolEvent, Track, TrackChunk, TrackRead

__all__ = [
    "Beat",
    "BeatKept",
    "Crew",
    "CrewKept",
    "Device",
    "DeviceInvitation",
    "Door",
    "Fix",
    "IntakeConflict",
    "LogEntry",
    "Membership",
    "Patrol",
    "PatrolEvent",
    "PatrolStandard",
    "Photo",
    "PlanProposal",
    "PresenceHour",
    "ProposalStandard",
    "Shift",
    "ShiftKept",
    "ShiftKind",
    "ShiftTemplate",
    "SpeedUnit",
    "Submission",
    "Target",
    "Team",
    "TouchedPatrol",
    "Track",
    "TrackChunk",
    "TrackRead",
]

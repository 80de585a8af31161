"""The answers of the REST API as typed models."""

from hanzo_twin.models.live import Command, Latency, Prediction, Source, SyncStatus, TwinState
from hanzo_twin.models.page import Page
from hanzo_twin.models.problem import FieldProblem, NearestState, Problem
from hanzo_twin.models.records import AuditEntry, DeadLetter, Identity, JournalEntry, Redrive, Redriven
from hanzo_twin.models.scene import (
    Download,
    Finding,
    Scene,
    SceneProposal,
    SceneSummary,
    SceneVersion,
    UploadedScene,
    UploadTicket,
    Validation,
)
from hanzo_twin.models.twin import Condition, Failure, Placement, SceneRef, SimReport, Twin

__all__ = [
    "AuditEntry",
    "Command",
    "Condition",
    "DeadLetter",
    "Download",
    "Failure",
    "FieldProblem",
    "Finding",
    "Identity",
    "JournalEntry",
    "Latency",
    "NearestState",
    "Page",
    "Placement",
    "Prediction",
    "Problem",
    "Redrive",
    "Redriven",
    "Scene",
    "SceneProposal",
    "SceneRef",
    "SceneSummary",
    "SceneVersion",
    "SimReport",
    "Source",
    "SyncStatus",
    "Twin",
    "TwinState",
    "UploadTicket",
    "UploadedScene",
    "Validation",
]

"""Who may do what, written down apart from the code: rows of the standard's table, and those that it lacks.

`ADMIN`, `OPERATOR`, `VIEWER` and `SERVICE` are the roles; each action stands with those that may do it.
"""

ADMIN, OPERATOR, VIEWER, SERVICE = "twin-admin", "twin-operator", "twin-viewer", "twin-service"
ROLES = (ADMIN, OPERATOR, VIEWER, SERVICE)

ALL_BUT_SERVICE = {ADMIN, OPERATOR, VIEWER}
EVERYBODY = set(ROLES)

ACTIONS = {
    "twins.create": {ADMIN},
    "twins.read": EVERYBODY,
    "twins.update": {ADMIN},
    "twins.delete": {ADMIN},
    "twins.start": {ADMIN, OPERATOR},
    "twins.stop": {ADMIN, OPERATOR},
    "twins.command": {ADMIN, OPERATOR},
    "twins.reset": {ADMIN, OPERATOR},
    "twins.rate": {ADMIN, SERVICE},
    "twins.calibrate": {ADMIN},
    "twins.journal": {ADMIN, OPERATOR},
    "scenes.upload": {ADMIN},
    "scenes.read": ALL_BUT_SERVICE,
    "scenes.delete": {ADMIN},
    "scenes.validate": {ADMIN, OPERATOR},
    "dead_letters.read": {ADMIN, OPERATOR},
    "dead_letters.redrive": {ADMIN},
    "audit.read": {ADMIN},
    "incarnations.request": {SERVICE},
    "whoami": EVERYBODY,
    "nobody": EVERYBODY,
}

# Operation → action; what is done to a thing of one's own, and where the same thing of another organisation is.
ENDPOINTS = {
    ("GET", "/v1/whoami"): "whoami",
    ("GET", "/v1/twins"): "twins.read",
    ("POST", "/v1/twins"): "twins.create",
    ("GET", "/v1/twins/{ref}"): "twins.read",
    ("PATCH", "/v1/twins/{ref}"): "twins.update",
    ("DELETE", "/v1/twins/{ref}"): "twins.delete",
    ("POST", "/v1/twins/{ref}/start"): "twins.start",
    ("POST", "/v1/twins/{ref}/stop"): "twins.stop",
    ("GET", "/v1/twins/{ref}/state"): "twins.read",
    ("POST", "/v1/twins/{ref}/joint-command"): "twins.command",
    ("POST", "/v1/twins/{ref}/reset"): "twins.reset",
    ("POST", "/v1/twins/{ref}/rate"): "twins.rate",
    ("GET", "/v1/twins/{ref}/predictions"): "twins.read",
    ("GET", "/v1/twins/{ref}/sync/status"): "twins.read",
    ("GET", "/v1/twins/{ref}/journal"): "twins.journal",
    ("GET", "/v1/commands/{id}"): "twins.read",
    ("GET", "/v1/scenes"): "scenes.read",
    ("POST", "/v1/scenes"): "scenes.upload",
    ("POST", "/v1/scenes/uploads"): "scenes.upload",
    ("GET", "/v1/scenes/{ref}"): "scenes.read",
    ("DELETE", "/v1/scenes/{ref}"): "scenes.delete",
    ("GET", "/v1/scenes/{ref}/versions/{number}"): "scenes.read",
    ("DELETE", "/v1/scenes/{ref}/versions/{number}"): "scenes.delete",
    ("POST", "/v1/scenes/{ref}/validate"): "scenes.validate",
    ("GET", "/v1/scenes/{ref}/download"): "scenes.read",
    ("POST", "/v1/scenes/{ref}/proposals/{proposal}"): "scenes.upload",
    ("GET", "/v1/dead-letters"): "dead_letters.read",
    ("GET", "/v1/dead-letters/{id}"): "dead_letters.read",
    ("POST", "/v1/dead-letters/{id}/redrive"): "dead_letters.redrive",
    ("GET", "/v1/audit"): "audit.read",
}
OPEN = {("GET", "/alive"), ("GET", "/ready")}
"""Operations that ask for no token."""

# What is open to everybody and tells nothing of anybody: descriptions, and the schema registry.
PUBLIC = {
    ("GET", "/openapi.json"),
    ("GET", "/docs"),
    ("GET", "/subjects"),
    ("POST", "/subjects/{subject}"),
    ("DELETE", "/subjects/{subject}"),
    ("GET", "/subjects/{subject}/versions"),
    ("POST", "/subjects/{subject}/versions"),
    ("GET", "/subjects/{subject}/versions/{version}"),
    ("POST", "/subjects/{subject}/versions/{version}"),
    ("DELETE", "/subjects/{subject}/versions/{version}"),
    ("GET", "/subjects/{subject}/versions/{version}/schema"),
    ("GET", "/subjects/{subject}/versions/{version}/referencedby"),
    ("GET", "/schemas/types"),
    ("GET", "/schemas/ids/{wire_id}"),
    ("GET", "/schemas/ids/{wire_id}/schema"),
    ("GET", "/schemas/ids/{wire_id}/subjects"),
    ("GET", "/schemas/ids/{wire_id}/versions"),
    ("GET", "/config"),
    ("PUT", "/config"),
    ("DELETE", "/config"),
    ("GET", "/config/{subject}"),
    ("PUT", "/config/{subject}"),
    ("DELETE", "/config/{subject}"),
    ("GET", "/mode"),
    ("PUT", "/mode"),
    ("GET", "/mode/{subject}"),
    ("PUT", "/mode/{subject}"),
    ("DELETE", "/mode/{subject}"),
}

# WebSocket → action; they stand in no description.
SOCKETS = {("WS", "/v1/twins/{ref}/predictions/ws"): "twins.read"}

# Record type of a command → action, by the topic that carries it.
COMMANDS = {
    "control.commands": {
        "CreateTwin": "twins.create",
        "UpdateTwin": "twins.update",
        "DeleteTwin": "twins.delete",
        "StartTwin": "twins.start",
        "StopTwin": "twins.stop",
        "RegisterSceneVersion": "scenes.upload",
        "DeleteScene": "scenes.delete",
        "DecideSceneProposal": "scenes.upload",
        "ValidateScene": "scenes.validate",
    },
    "sim.commands": {
        "SetJointCommand": "twins.command",
        "ResetState": "twins.reset",
        "SetRate": "twins.rate",
        "ApplyParameters": "twins.calibrate",
        "IncarnationRequested": "incarnations.request",
    },
    "sim.requests": {"GetState": "twins.read"},
}

"""Every problem that the API may answer with: its code, HTTP status, title and the usual remedy. Codes are stable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple


class Kind(NamedTuple):
    """A row of the table."""

    status: int
    title: str
    remedy: str


_SHOW_TWINS = "GET /v1/twins lists yours"
_SHOW_SCENES = "GET /v1/scenes lists yours"
_LATER = "Try again after the seconds in Retry-After"

KINDS: Final[Mapping[str, Kind]] = {
    # the request itself
    "bad_request": Kind(400, "The request can't be read", "See /docs for how it is written"),
    "invalid_json": Kind(400, "The body isn't JSON", "Send one JSON value in UTF-8"),
    "incomplete_body": Kind(400, "The body ended early", "Send the whole body"),
    "unauthenticated": Kind(
        401, "No valid token", "Send `Authorization: Bearer <token>` with a current token"
    ),
    "forbidden": Kind(403, "Not allowed", "Ask an administrator of your organization for a role that may"),
    "not_found": Kind(404, "Nothing there", "See /docs for the paths there are"),
    "twin_not_found": Kind(404, "No such twin", _SHOW_TWINS),
    "scene_not_found": Kind(404, "No such scene", _SHOW_SCENES),
    "proposal_not_found": Kind(404, "No such proposal", "GET /v1/scenes/{ref} lists the open ones"),
    "dead_letter_not_found": Kind(404, "No such dead letter", "GET /v1/dead-letters lists them"),
    "method_not_allowed": Kind(405, "Not done with this method", "The header Allow names the methods"),
    "not_acceptable": Kind(406, "Not available in that form", "See /docs for the content types"),
    "body_timeout": Kind(408, "The body came too slowly", "Send it again over a faster connection"),
    "body_too_large": Kind(413, "Too large", "Send less, or upload scenes with POST /v1/scenes/uploads"),
    "unsupported_media_type": Kind(415, "Wrong content type", "Send one of the content types in the detail"),
    "invalid_request": Kind(422, "Something in the request is wrong", "Correct the fields named in `errors`"),
    "invalid_definition": Kind(422, "The twin definition is wrong", "/docs shows what POST /v1/twins takes"),
    "too_many_requests": Kind(429, "Too many requests", _LATER),
    "too_many_streams": Kind(429, "Too many open streams", "Close a stream, or try again later"),
    "internal": Kind(500, "Something went wrong here", "Tell your administrator the request_id"),
    "unavailable": Kind(503, "Not available now", _LATER),
    "worker_silent": Kind(504, "The worker didn't answer", "See GET /v1/twins/{ref}: whether it still runs"),
    # what the owner of the thing refuses
    "name_unavailable": Kind(409, "The name is taken", "Choose another name"),
    "id_unavailable": Kind(409, "The id is taken", "Leave `id` out"),
    "phase_conflict": Kind(409, "Not in this phase", "Wait for the phase that the detail names"),
    "already_running": Kind(409, "It runs already", "Stop it first, or leave it"),
    "not_running": Kind(409, "It isn't running", "Start it first"),
    "quota_exceeded": Kind(409, "The quota is used up", "Delete or stop what isn't needed, or ask for more"),
    "engine_full": Kind(409, "No room for another simulation", "Stop a twin that isn't needed"),
    "scene_in_use": Kind(409, "A twin or scene uses it", "Delete the twins that the detail names first"),
    "proposal_closed": Kind(409, "Somebody decided already", "GET /v1/scenes/{ref} shows the versions"),
    "revision_conflict": Kind(
        412, "It was changed meanwhile", "Read it again, then send the new ETag in If-Match"
    ),
    "command_too_large": Kind(413, "The command is too large", "Send less in one command"),
    "definition_too_large": Kind(413, "The definition is too large", "Shorten it"),
    "scene_too_large": Kind(413, "The scene is too large", "Split it, or ask for a higher limit"),
    "invalid_scene": Kind(422, "The scene can't be simulated", "Correct the prim that the detail names"),
    "invalid_uses": Kind(
        422, "A use isn't what it is said to be", "Name the version whose file lies at that path"
    ),
    "digest_mismatch": Kind(422, "Another file than announced", "Upload it again, and give its sha256"),
    "scene_file_missing": Kind(409, "The scene's file isn't stored", "Upload it again"),
    "upload_too_large": Kind(
        413, "The upload is too large", "Leave out what isn't used, or ask for a higher limit"
    ),
    "too_many_files": Kind(422, "Too many files", "Leave out what the scene doesn't use"),
    "unsupported_file": Kind(
        422, "Neither USD nor an archive", "Send .usd, .usda, .usdc, .usdz, .zip, .tar or .tar.gz"
    ),
    "wrong_content": Kind(
        422, "The content isn't what the name says", "Give the file the suffix of its format"
    ),
    "empty_upload": Kind(422, "Nothing was uploaded", "Send at least one file that isn't empty"),
    "no_root": Kind(422, "Which file is the scene?", "Name it in `root`"),
    "unsafe_name": Kind(422, "An unsafe file name", "Use relative paths with '/'"),
    "duplicate_name": Kind(422, "Two files of one name", "Rename one; case doesn't count"),
    "special_file": Kind(422, "A link or device", "Pack the file itself"),
    "nested_archive": Kind(422, "An archive in an archive", "Unpack it, or make it a .usdz"),
    "encrypted_archive": Kind(422, "An encrypted archive", "Pack it without a password"),
    "unsupported_compression": Kind(422, "An unusual compression", "Pack it as .zip or .tar.gz"),
    "broken_archive": Kind(422, "The archive can't be read", "Pack it again"),
    "upload_missing": Kind(
        409, "The file isn't there", "PUT the file to the URL that /v1/scenes/uploads gave"
    ),
    "idempotency_conflict": Kind(
        422, "The idempotency key was used for another request", "Send a new Idempotency-Key"
    ),
    "immutable_field": Kind(422, "That can't change", "Create another twin instead"),
    "wrong_organization": Kind(422, "Another organization's definition", "Leave `organization` out"),
    "invalid_name": Kind(422, "No possible name", "Use 1 to 63 of a-z, 0-9 and -, and no UUID"),
    "invalid_patch": Kind(422, "The patch can't be applied", "Send a JSON object with what shall differ"),
    "invalid_reason": Kind(422, "The reason is too long", "Shorten it"),
    "invalid_note": Kind(422, "The note is too long", "Shorten it"),
    "invalid_digest": Kind(422, "No sha256", "Give the file's sha256 as 64 hexadecimal digits"),
    "invalid_file": Kind(422, "No possible scene file", "Give a file name that ends with a suffix of USD"),
    "invalid_size": Kind(422, "No possible size", "Give the file's size in bytes"),
    "size_mismatch": Kind(422, "Another size than announced", "Upload the file again, and give its size"),
    "broker_not_loopback": Kind(422, "A broker on another machine", "Name a broker on this machine"),
    "broker_not_encrypted": Kind(422, "A broker without TLS", "Name the broker as mqtts://"),
    "unknown_engine": Kind(422, "No such engine here", "Choose one of the engines that the detail names"),
    "engine_disabled": Kind(409, "The engine is switched off here", "Choose one that the detail names"),
    # what a running twin refuses
    "no_role": Kind(403, "Not allowed", "Ask an administrator of your organization for a role"),
    "no_targets": Kind(422, "No joint is named", "Name at least one in `targets`"),
    "not_finite": Kind(422, "A number isn't finite", "Send finite numbers"),
    "bad_rate": Kind(422, "No possible rate", "Choose a rate within the limits that the detail names"),
    "bad_joint_command": Kind(422, "A joint can't do that", "Correct the joint that the detail names"),
    "bad_reset": Kind(422, "The state can't be set so", "Correct the path that the detail names"),
    "bad_parameters": Kind(422, "The parameters can't be set so", "Correct the one that the detail names"),
    "too_far_ahead": Kind(422, "Too far in the future", "Send it nearer to its effect time"),
    "too_many_pending": Kind(409, "Too many commands wait", "Send it nearer to its effect time"),
    "stale_version": Kind(409, "Newer parameters are set", "Read the state again, then send a newer version"),
    "superseded": Kind(409, "The twin began anew before it acted", "Send it again"),
    "journal_unusable": Kind(
        409, "The twin's journal can't be continued", "Delete the twin and create it anew"
    ),
    "unsupported_schema": Kind(422, "No such schema", "GET /subjects lists what there is"),
    "beyond_retention": Kind(410, "Not kept any more", "Begin at the state that `nearest` names, or later"),
    "gone": Kind(410, "Not kept any more", "Ask for something newer"),
}

UNKNOWN: Final = Kind(422, "Refused", "See the detail")


def status_of(code: str) -> int:
    """The HTTP status of a code; 422 for one that isn't in the table."""
    return KINDS.get(code, UNKNOWN).status


def title_of(code: str) -> str:
    """A problem of this code in a few words."""
    return KINDS.get(code, UNKNOWN).title


def remedy_of(code: str) -> str:
    """What usually helps."""
    return KINDS.get(code, UNKNOWN).remedy

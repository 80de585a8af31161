-- What a check found of a scene version, what it was made of, who deleted it; versions that suggest themselves.
-- depends: 0001.create-the-control-plane

-- A deleted version keeps its row, so that its number is never used again and its history stays.
ALTER TABLE scene_versions
    ADD COLUMN uses           json NOT NULL DEFAULT '[]',
    ADD COLUMN model_digest   text,
    ADD COLUMN compiled       text,
    ADD COLUMN warnings       json NOT NULL DEFAULT '[]',
    ADD COLUMN parent         integer,
    ADD COLUMN deleted_ns     bigint,
    ADD COLUMN deleted_by     text,
    ADD COLUMN deleted_reason text;
UPDATE scene_versions SET parent = nullif(version - 1, 0);
ALTER TABLE scene_versions DROP CONSTRAINT scene_versions_scene_digest_key;
CREATE UNIQUE INDEX scene_versions_held ON scene_versions (scene, digest) WHERE deleted_ns IS NULL;
CREATE INDEX scene_versions_digests ON scene_versions (digest) WHERE deleted_ns IS NULL;
CREATE INDEX scene_versions_compiled ON scene_versions (compiled) WHERE deleted_ns IS NULL;

CREATE TABLE scene_proposals (
    id         uuid PRIMARY KEY,
    scene      uuid NOT NULL REFERENCES scenes,
    base       integer NOT NULL,
    uses       json NOT NULL,
    created_ns bigint NOT NULL,
    actor      text NOT NULL,
    note       text NOT NULL,
    fate       text,
    closed_ns  bigint,
    closed_by  text,
    close_note text
);
CREATE UNIQUE INDEX scene_proposals_open ON scene_proposals (scene) WHERE fate IS NULL;

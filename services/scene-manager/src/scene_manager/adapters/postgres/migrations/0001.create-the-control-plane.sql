-- The control plane: scenes and their versions, twins and their revisions, placement, inbox and outbox.
-- depends:

CREATE TABLE scenes (
    id         uuid PRIMARY KEY,
    org        text NOT NULL,
    name       text NOT NULL,
    UNIQUE (org, name)
);

CREATE TABLE scene_versions (
    scene      uuid NOT NULL REFERENCES scenes,
    version    integer NOT NULL CHECK (version >= 1),
    digest     text NOT NULL,
    file       text NOT NULL,
    size       bigint NOT NULL,
    note       text NOT NULL,
    created_ns bigint NOT NULL,
    actor      text NOT NULL,
    PRIMARY KEY (scene, version),
    UNIQUE (scene, digest)
);

-- A name is held from creation until the public topic of the deleted twin has gone.
CREATE TABLE twins (
    id         uuid PRIMARY KEY,
    org        text NOT NULL,
    name       text NOT NULL,
    name_held  boolean NOT NULL DEFAULT true,
    revision   bigint NOT NULL CHECK (revision >= 1),
    phase      text NOT NULL,
    seed       bigint NOT NULL CHECK (seed >= 0),
    created_ns bigint NOT NULL,
    code       text,
    message    text,
    reported   bigint NOT NULL DEFAULT -1
);
CREATE UNIQUE INDEX twins_held_names ON twins (name) WHERE name_held;

-- What was desired, revision by revision; never changed.
CREATE TABLE revisions (
    twin          uuid NOT NULL REFERENCES twins,
    revision      bigint NOT NULL,
    desired       text NOT NULL,
    scene         text NOT NULL,
    scene_version integer NOT NULL,
    scene_digest  text NOT NULL,
    scene_file    text NOT NULL,
    definition    text NOT NULL,
    PRIMARY KEY (twin, revision)
);

CREATE TABLE placements (
    twin      uuid PRIMARY KEY REFERENCES twins,
    pool      text NOT NULL,
    partition integer NOT NULL CHECK (partition >= 0)
);

CREATE TABLE inbox (
    message_id text PRIMARY KEY,
    handled_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE outbox (
    seq        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lane       text NOT NULL,
    kind       text NOT NULL,
    subject    text NOT NULL,
    key        text NOT NULL,
    value      bytea,
    headers    json NOT NULL,
    answers    text,
    created_at timestamptz NOT NULL DEFAULT now(),
    sent_at    timestamptz
);
CREATE INDEX outbox_waiting ON outbox (seq) WHERE sent_at IS NULL;
CREATE INDEX outbox_answers ON outbox (answers) WHERE answers IS NOT NULL;

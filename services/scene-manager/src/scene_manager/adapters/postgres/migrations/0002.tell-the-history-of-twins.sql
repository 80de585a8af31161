-- Who made each revision, why and from what; what waits for a restart; what holds beside the phase; who is answered.
-- depends: 0001.create-the-control-plane

-- A twin's life begins with the last start, stop or deletion; reports of a former life are ignored.
ALTER TABLE twins
    ADD COLUMN life       bigint,
    ADD COLUMN phase_ns   bigint NOT NULL DEFAULT 0,
    ADD COLUMN conditions json NOT NULL DEFAULT '[]',
    ADD COLUMN engine     text NOT NULL DEFAULT 'mujoco',
    ADD COLUMN running    boolean NOT NULL DEFAULT false;
UPDATE twins t SET life = t.revision, phase_ns = t.created_ns,
       running = EXISTS (SELECT 1 FROM revisions r
                          WHERE r.twin = t.id AND r.revision = t.revision AND r.desired = 'running');
ALTER TABLE twins ALTER COLUMN life SET NOT NULL, ALTER COLUMN engine DROP DEFAULT, ALTER COLUMN running DROP DEFAULT;

-- Quotas count in these.
CREATE INDEX twins_kept ON twins (org) WHERE phase <> 'deleted';
CREATE INDEX twins_running ON twins (engine, org) WHERE running;

ALTER TABLE revisions
    ADD COLUMN parent             bigint,
    ADD COLUMN made_ns            bigint NOT NULL DEFAULT 0,
    ADD COLUMN actor              text NOT NULL DEFAULT '',
    ADD COLUMN reason             text NOT NULL DEFAULT '',
    ADD COLUMN command            text NOT NULL DEFAULT '',
    ADD COLUMN definition_digest  text NOT NULL DEFAULT '',
    ADD COLUMN pending_definition text,
    ADD COLUMN pending_scene      json,
    ADD COLUMN restart_needed     json NOT NULL DEFAULT '[]';
UPDATE revisions SET parent = nullif(revision - 1, 0),
       definition_digest = encode(sha256(convert_to(definition, 'UTF8')), 'hex');

-- A command that comes again under another content or for another organisation is refused.
ALTER TABLE inbox
    ADD COLUMN org    text NOT NULL DEFAULT '',
    ADD COLUMN digest text;

-- Answers go to the partition that the asker reads.
ALTER TABLE outbox ADD COLUMN partition integer;

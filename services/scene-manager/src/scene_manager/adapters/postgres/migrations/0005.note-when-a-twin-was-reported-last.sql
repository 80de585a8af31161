-- When the broker took the report that changed a twin last: a broker that was set back gives its offset away again.
-- depends: 0004.note-removals-of-blobs

ALTER TABLE twins ADD COLUMN reported_ms bigint NOT NULL DEFAULT 0;

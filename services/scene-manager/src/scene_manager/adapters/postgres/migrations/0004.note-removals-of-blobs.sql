-- When blobs were removed, so that nobody names one that was removed since it was stored.
-- depends: 0003.check-scenes

CREATE SEQUENCE blob_removal_numbers;
CREATE TABLE blob_removals (
    digest text PRIMARY KEY,
    number bigint NOT NULL,
    ended  boolean NOT NULL
);

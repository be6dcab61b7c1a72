-- Schema 5: what ran where and for whom, and what users write about runs. A run of an earlier schema
-- has none of it.

-- Of the program that started the run: what was typed, where, from which sources.
ALTER TABLE run ADD COLUMN command TEXT NOT NULL DEFAULT '';
ALTER TABLE run ADD COLUMN folder TEXT NOT NULL DEFAULT '';
ALTER TABLE run ADD COLUMN commit_id TEXT NOT NULL DEFAULT '';
ALTER TABLE run ADD COLUMN dirty INTEGER CHECK (dirty IN (0, 1));  -- NULL: not known
ALTER TABLE run ADD COLUMN network TEXT NOT NULL DEFAULT '';

-- Written by users after the run, never by the run itself.
ALTER TABLE run ADD COLUMN note TEXT NOT NULL DEFAULT '';
ALTER TABLE run ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0 CHECK (pinned IN (0, 1));
ALTER TABLE run ADD COLUMN archived_us INTEGER NOT NULL DEFAULT 0;  -- 0: not archived

CREATE TABLE run_tag (
    run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    tag TEXT NOT NULL,
    PRIMARY KEY (run, tag)
) STRICT, WITHOUT ROWID;

-- What the agent of each host told of its machine when the run started; 0 and '' are not known.
CREATE TABLE run_host (
    run          INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    number       INTEGER NOT NULL,  -- in the order they were heard
    host         TEXT NOT NULL,     -- as the run names it
    machine      TEXT NOT NULL,     -- as it calls itself
    processor    TEXT NOT NULL,
    cores        INTEGER NOT NULL,
    memory_bytes INTEGER NOT NULL,
    system       TEXT NOT NULL,
    gpus         TEXT NOT NULL,     -- a JSON array of names, one a device
    driver       TEXT NOT NULL,
    interface    TEXT NOT NULL,     -- of the network
    PRIMARY KEY (run, number)
) STRICT, WITHOUT ROWID;

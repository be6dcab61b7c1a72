-- Ringscope's store, schema 1. Applied in one transaction to a file that holds nothing but our
-- application_id; a later schema is a file of its own that alters this one, never an edit here.
--
-- Times are UTC microseconds, durations nanoseconds, sizes bytes. A figure that may be no finite
-- number has a second column that says which one it is, because SQLite keeps NaN as NULL.

CREATE TABLE meta (
    key   TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Each configuration once, as the YAML that reads back equal. Rows are never changed.
CREATE TABLE config (
    id   INTEGER PRIMARY KEY,
    yaml TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE run (
    id            INTEGER PRIMARY KEY,
    uuid          TEXT NOT NULL UNIQUE,
    experiment    TEXT NOT NULL,
    experiment_id TEXT NOT NULL,
    name          TEXT NOT NULL,
    config        INTEGER NOT NULL REFERENCES config (id),
    mode          TEXT NOT NULL,     -- of the config, to filter and to read without YAML
    seq_len       INTEGER NOT NULL,  -- likewise
    train_steps   INTEGER NOT NULL,  -- likewise
    computation   TEXT NOT NULL,
    baseline      INTEGER NOT NULL CHECK (baseline IN (0, 1)),
    reference     INTEGER NOT NULL CHECK (reference IN (0, 1)),
    repeat        INTEGER NOT NULL,

    status        TEXT NOT NULL CHECK (status IN ('queued', 'starting', 'running', 'stopping',
                                                  'finished', 'failed', 'cancelled', 'lost')),
    status_reason TEXT NOT NULL,
    ranks         INTEGER NOT NULL,
    device        TEXT NOT NULL,
    versions      TEXT NOT NULL,
    created_us    INTEGER NOT NULL,
    started_us    INTEGER NOT NULL,
    ended_us      INTEGER NOT NULL,

    predicted_attention_bytes INTEGER NOT NULL,  -- per step
    predicted_gradient_bytes  INTEGER NOT NULL,  -- per step
    flops_per_step            REAL,
    parameters                INTEGER NOT NULL,
    notes                     TEXT NOT NULL,     -- a JSON array of sentences

    -- Summary of steps and ranks, written when the run ends; a live run's is made when it is read.
    steps_done      INTEGER NOT NULL DEFAULT 0,
    tokens_per_s    REAL,
    step_median_ms  REAL,
    step_p95_ms     REAL,
    peak_bytes      INTEGER NOT NULL DEFAULT 0,
    attention_bytes INTEGER NOT NULL DEFAULT 0,  -- per step
    gradient_bytes  INTEGER NOT NULL DEFAULT 0,  -- per step

    parity_reference         TEXT,  -- the uuid of the run compared with; NULL: not compared
    parity_steps             INTEGER,
    parity_loss              REAL,
    parity_loss_special      TEXT CHECK (parity_loss_special IN ('nan', 'inf', '-inf')),
    parity_grad_norm         REAL,
    parity_grad_norm_special TEXT CHECK (parity_grad_norm_special IN ('nan', 'inf', '-inf')),

    -- Who writes this run, so that a vanished program's runs can be told from a living one's.
    writer_host    TEXT NOT NULL,
    writer_pid     INTEGER NOT NULL,
    writer_process TEXT NOT NULL,  -- survives neither a reboot nor a reuse of the pid

    log_lines INTEGER NOT NULL DEFAULT 0  -- ever told; log_line keeps the first and the last of them
) STRICT;

CREATE INDEX run_by_time ON run (created_us);
CREATE INDEX run_by_experiment ON run (experiment, experiment_id);
CREATE INDEX run_by_experiment_id ON run (experiment_id);
CREATE INDEX run_by_name ON run (name);
CREATE INDEX run_by_computation ON run (computation, mode, status);
CREATE INDEX run_alive ON run (id) WHERE status IN ('queued', 'starting', 'running', 'stopping');

CREATE TABLE run_step (
    run               INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    step              INTEGER NOT NULL,
    loss              REAL,
    loss_special      TEXT CHECK (loss_special IN ('nan', 'inf', '-inf')),
    grad_norm         REAL,
    grad_norm_special TEXT CHECK (grad_norm_special IN ('nan', 'inf', '-inf')),
    duration_ns       INTEGER NOT NULL,
    tokens            INTEGER NOT NULL,
    recorded_us       INTEGER NOT NULL,
    PRIMARY KEY (run, step),
    CHECK ((loss IS NULL) <> (loss_special IS NULL)),
    CHECK ((grad_norm IS NULL) <> (grad_norm_special IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE run_rank (
    run             INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    rank            INTEGER NOT NULL,
    host            TEXT NOT NULL,
    pid             INTEGER NOT NULL,
    peak_bytes      INTEGER NOT NULL,
    attention_bytes INTEGER NOT NULL,  -- per step
    gradient_bytes  INTEGER NOT NULL,  -- per step
    exit_code       INTEGER,
    ended_by        TEXT NOT NULL,
    PRIMARY KEY (run, rank)
) STRICT, WITHOUT ROWID;

-- What became of a run, when.
CREATE TABLE event (
    id     INTEGER PRIMARY KEY,
    run    INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    at_us  INTEGER NOT NULL,
    status TEXT NOT NULL,
    reason TEXT NOT NULL
) STRICT;

CREATE INDEX event_by_run ON event (run, at_us);

CREATE TABLE log_line (
    run    INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,  -- 0-based, as told
    rank   INTEGER NOT NULL,  -- -1: the agent
    at_us  INTEGER NOT NULL,
    line   TEXT NOT NULL,
    PRIMARY KEY (run, number)
) STRICT, WITHOUT ROWID;

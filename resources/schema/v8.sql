-- Schema 8: validations of a run, on data that is kept out of its training.
CREATE TABLE run_validation (
    run          INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    step         INTEGER NOT NULL,  -- after which it was made
    loss         REAL,
    loss_special TEXT CHECK (loss_special IN ('nan', 'inf', '-inf')),
    tokens       INTEGER NOT NULL,  -- with a label
    PRIMARY KEY (run, step),
    CHECK ((loss IS NULL) <> (loss_special IS NULL))
) STRICT, WITHOUT ROWID;

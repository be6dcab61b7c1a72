-- Schema 7: how tokens were spread over experts, in the layers that have some, for a few steps of a run.
CREATE TABLE run_routing (
    run   INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    step  INTEGER NOT NULL,
    layer INTEGER NOT NULL,  -- among all layers of the model
    use   TEXT NOT NULL,     -- a JSON array: how many tokens each expert got
    PRIMARY KEY (run, step, layer)
) STRICT, WITHOUT ROWID;

-- Schema 7: how tokens were spread over experts, in the layers that have some, for a few steps of a run, and
-- what a rank sent of tokens that use another rank's experts.
CREATE TABLE run_routing (
    run   INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    step  INTEGER NOT NULL,
    layer INTEGER NOT NULL,  -- among all layers of the model
    use   TEXT NOT NULL,     -- a JSON array: how many tokens each expert got
    PRIMARY KEY (run, step, layer)
) STRICT, WITHOUT ROWID;

ALTER TABLE run_rank ADD COLUMN expert_bytes INTEGER NOT NULL DEFAULT 0;  -- a step, the mean

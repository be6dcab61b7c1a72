-- Schema 2: what the recorded steps of a run say about its communication, per step, means over the
-- ranks. All NULL where no step was recorded.
ALTER TABLE run ADD COLUMN traced_steps INTEGER;
ALTER TABLE run ADD COLUMN exposed_ms REAL;
ALTER TABLE run ADD COLUMN wait_ms REAL;
ALTER TABLE run ADD COLUMN transfer_ms REAL;
ALTER TABLE run ADD COLUMN hidden_pct REAL;    -- NULL too where nothing was communicated
ALTER TABLE run ADD COLUMN late_rank INTEGER;  -- the rank waited for most; NULL too where none was

-- Schema 4: wait_ms is what waiting cost the step, the exposed wait; the wait behind computation has a
-- column of its own. Older runs knew their sum alone: it stays in all_wait_ms, and the two are NULL.
ALTER TABLE run RENAME COLUMN wait_ms TO all_wait_ms;
ALTER TABLE run ADD COLUMN wait_ms REAL;
ALTER TABLE run ADD COLUMN hidden_wait_ms REAL;

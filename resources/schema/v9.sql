-- Schema 9: what a run was said to take before its first step, by the calibration of that day.
-- NULL, and a sentence why, where nothing could be said.
ALTER TABLE run ADD COLUMN predicted_step_ms REAL;
ALTER TABLE run ADD COLUMN predicted_exposed_ms REAL;
ALTER TABLE run ADD COLUMN predicted_wait_ms REAL;
ALTER TABLE run ADD COLUMN calibrated_processor TEXT;
ALTER TABLE run ADD COLUMN calibrated_day TEXT;
ALTER TABLE run ADD COLUMN unpredicted TEXT NOT NULL DEFAULT '';

-- What a validation of builtin:recall found, three numbers a range: tokens back, answers, right
-- ones; a JSON list. NULL of other data.
ALTER TABLE run_validation ADD COLUMN recall TEXT;

-- Schema 6: the last sign of life of the program that controls a run, which it gives every few seconds,
-- for readers that cannot look for its process: on another host, or outside its container.
ALTER TABLE run ADD COLUMN alive_us INTEGER NOT NULL DEFAULT 0;  -- UTC; 0: it gives none

-- Schema 3: how fast the messages of the recorded steps were, GB/s (10^9 bytes). NULL where no step
-- was recorded or nothing was sent; bus bandwidth also where waiting and moving could not be told
-- apart, and then wait_ms, transfer_ms and late_rank are NULL as well.
ALTER TABLE run ADD COLUMN algbw REAL;  -- bytes / duration, the waiting in it
ALTER TABLE run ADD COLUMN busbw REAL;  -- bytes / the time they moved

-- Schema 10: which run a run goes on from, and at which step; how many steps it did again; and how
-- many parameters it trains, which of older runs is not known.
ALTER TABLE run ADD COLUMN continues TEXT;
ALTER TABLE run ADD COLUMN continued_step INTEGER;
ALTER TABLE run ADD COLUMN lost_steps INTEGER NOT NULL DEFAULT 0;
ALTER TABLE run ADD COLUMN trained_parameters INTEGER NOT NULL DEFAULT 0;

-- Until now a note said so: "continues run 1a2b3c4d from step 500 (folder)".
UPDATE run SET (continues, continued_step) = (
    SELECT other.uuid, CAST(substr(note.value, 34) AS INTEGER)
    FROM json_each(CASE WHEN json_valid(run.notes) THEN run.notes ELSE '[]' END) AS note
    JOIN run AS other ON substr(other.uuid, 1, 8) = substr(note.value, 15, 8)
    WHERE note.value LIKE 'continues run ________ from step %' AND other.id <> run.id LIMIT 1);

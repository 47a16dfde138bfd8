-- A person took the bait out of use, and why; both or neither.
ALTER TABLE baits ADD COLUMN retired_at INTEGER;
ALTER TABLE baits ADD COLUMN retired_because TEXT
    CONSTRAINT baits_retirement_check CHECK ((retired_at IS NULL) = (retired_because IS NULL));

-- The windows open at a moment, of one client or of all: few of all there were.
CREATE INDEX traps_window ON traps (window_to);

-- Whom a bait called: nearly all calls are incoming.
CREATE INDEX calls_outgoing ON calls (client_id, bait_id, party_number) WHERE direction = 'outgoing';

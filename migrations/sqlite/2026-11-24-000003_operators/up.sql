-- What the agency knows of operators beside the list of the program. Shared by
-- all clients, like the numbering registry: whose subsidiary an operator is does
-- not depend on who asks.
CREATE TABLE operator_entries (
    id BLOB NOT NULL,
    inn INTEGER NOT NULL,
    name TEXT NOT NULL,
    brand TEXT,
    standing TEXT NOT NULL,
    operator_group TEXT,
    hosts TEXT NOT NULL,
    source TEXT NOT NULL,
    since INTEGER,
    author TEXT NOT NULL,
    withdrawn_because TEXT,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (id),
    -- Only a group's member names its group.
    CONSTRAINT operator_entries_group_check
        CHECK ((standing = 'group') = (operator_group IS NOT NULL))
) STRICT;

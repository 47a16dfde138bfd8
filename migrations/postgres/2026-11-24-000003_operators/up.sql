-- What the agency knows of operators beside the list of the program. Shared by
-- all clients, like the numbering registry: whose subsidiary an operator is does
-- not depend on who asks.
CREATE TABLE operator_entries (
    id uuid NOT NULL,
    inn bigint NOT NULL,
    name text NOT NULL,
    brand text,
    standing text NOT NULL,
    operator_group text,
    hosts text NOT NULL,
    source text NOT NULL,
    since timestamptz,
    author text NOT NULL,
    withdrawn_because text,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (id),
    -- Only a group's member names its group.
    CONSTRAINT operator_entries_group_check
        CHECK ((standing = 'group') = (operator_group IS NOT NULL))
);

GRANT SELECT ON operator_entries TO baitline_client;
GRANT SELECT, INSERT, UPDATE, DELETE ON operator_entries TO baitline_all;

DROP TABLE export_packages, exports, interception_tallies, calls, changes,
    touched_buckets, buckets, numbering_ranges, numbering_editions, labels,
    recordings, observation_revisions, observations, traps, own_numbers, baits,
    sources, api_keys, clients;
REVOKE SELECT ON __diesel_schema_migrations FROM baitline_client, baitline_all;
REVOKE USAGE ON SCHEMA public FROM baitline_client, baitline_all;
-- The roles stay: other databases of the cluster may use them.

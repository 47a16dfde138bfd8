DROP TABLE sealings, segment_ordinals, derived_days, segments;

DROP TABLE sealings;
DROP TABLE segment_ordinals;
DROP TABLE derived_days;
DROP TABLE segments;

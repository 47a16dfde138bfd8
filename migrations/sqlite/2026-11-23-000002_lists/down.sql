DROP TABLE portability_answers;
DROP TABLE contaminations;
DROP TABLE allow_list;
DROP TABLE attributions;
DROP TABLE competitors;

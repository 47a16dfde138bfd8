DROP TABLE portability_answers, contaminations, allow_list, attributions, competitors;

DROP INDEX portability_answers_number, attributions_phone, allow_list_number, own_numbers_range,
    labels_callback, calls_number, interception_tallies_caller, export_packages_caller;
DROP TABLE replay_touched, replay_differences, replays;

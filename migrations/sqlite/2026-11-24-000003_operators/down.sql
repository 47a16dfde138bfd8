DROP TABLE operator_entries;

DROP TABLE operator_statements;

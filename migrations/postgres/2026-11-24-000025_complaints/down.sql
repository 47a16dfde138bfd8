DROP TABLE complaint_deadlines;
DROP TABLE complaint_acts;
DROP TABLE complaint_holds;
DROP TABLE complaint_calls;
DROP TABLE complaints;

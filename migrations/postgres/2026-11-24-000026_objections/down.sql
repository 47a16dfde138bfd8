DROP TABLE complaint_objections;

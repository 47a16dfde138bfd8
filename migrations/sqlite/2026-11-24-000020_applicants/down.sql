DROP TABLE offices;
DROP TABLE consents;
DROP TABLE powers_of_attorney;
DROP TABLE representatives;
DROP TABLE applicants;

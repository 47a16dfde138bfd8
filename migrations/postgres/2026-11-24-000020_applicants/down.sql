DROP TABLE offices, consents, powers_of_attorney, representatives, applicants;

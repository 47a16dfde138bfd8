#!/bin/sh
# Runs once, when the database's volume is empty, as the superuser: makes the
# role that owns the tables and the login of API and worker, which owns nothing.
set -eu

psql --no-psqlrc --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres <<'SQL'
\getenv owner_password OWNER_PASSWORD
\getenv app_password APP_PASSWORD
CREATE ROLE baitline_owner LOGIN CREATEROLE PASSWORD :'owner_password';
CREATE ROLE baitline_app LOGIN NOINHERIT PASSWORD :'app_password';
CREATE DATABASE baitline OWNER baitline_owner;
REVOKE ALL ON DATABASE baitline FROM PUBLIC;
GRANT CONNECT ON DATABASE baitline TO baitline_app;
-- So that the server's log tells no phone numbers of rows that are refused.
GRANT SET ON PARAMETER log_error_verbosity TO baitline_app;
SQL

#!/bin/sh
# Runs once, when the database's volume is empty, as the superuser: makes the
# role that owns the tables, the login of API and worker, which owns nothing, and the
# one of back-ups, which sees every row and changes none.
set -eu

psql --no-psqlrc --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres <<'SQL'
\getenv owner_password OWNER_PASSWORD
\getenv app_password APP_PASSWORD
\getenv backup_password BACKUP_PASSWORD
CREATE ROLE baitline_owner LOGIN CREATEROLE PASSWORD :'owner_password';
CREATE ROLE baitline_app LOGIN NOINHERIT PASSWORD :'app_password';
CREATE ROLE baitline_backup LOGIN BYPASSRLS PASSWORD :'backup_password';
GRANT pg_read_all_data TO baitline_backup;
CREATE DATABASE baitline OWNER baitline_owner;
REVOKE ALL ON DATABASE baitline FROM PUBLIC;
GRANT CONNECT ON DATABASE baitline TO baitline_app, baitline_backup;
-- So that the server's log tells no phone numbers of rows that are refused.
GRANT SET ON PARAMETER log_error_verbosity TO baitline_app;
SQL

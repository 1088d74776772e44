-- Drops the database with whoever uses it, and the role. Nothing there is fine; somebody else's database is not.
\set ON_ERROR_STOP on
\set VERBOSITY terse
set client_min_messages = warning;
\getenv role ACCOUNT_ROLE
\getenv database ACCOUNT_DATABASE
select pg_advisory_lock(hashtext('portolan-database-account')) \g /dev/null
select
  exists (select from pg_roles where rolname = :'role') as role_exists,
  exists (select from pg_database where datname = :'database') as database_exists,
  coalesce((select pg_get_userbyid(datdba) <> :'role' from pg_database where datname = :'database'), false) as foreign_database
\gset
\if :foreign_database
  do $$ begin raise exception 'the database belongs to another role: it is not dropped'; end $$;
\endif
\if :database_exists
select format('drop database %I with (force)', :'database') \gexec
\endif
\if :role_exists
select format('drop role %I', :'role') \gexec
\endif
select not exists (select from pg_roles where rolname = :'role')
  and not exists (select from pg_database where datname = :'database') as gone \gset
\if :gone
select format('role %I %s, database %I %s', :'role',
  case when :'role_exists'::bool then 'dropped' else 'was not there' end, :'database',
  case when :'database_exists'::bool then 'dropped' else 'was not there' end);
\else
  do $$ begin raise exception 'something is still there'; end $$;
\endif

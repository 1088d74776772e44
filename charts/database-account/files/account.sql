-- Makes the role and the database what they should be, says in one line what changed, and checks the result. Runs
-- again and again without harm. Names pass through format(%I), the verifier through format(%L).
\set ON_ERROR_STOP on
-- Terse: a failing statement's text, which may hold the verifier, is not printed.
\set VERBOSITY terse
\set SHOW_CONTEXT never
set client_min_messages = warning;
-- A server that logs statements would keep the verifier: not in this session, where the admin may say so.
select 'set log_statement = none; set log_min_error_statement = panic; set log_min_duration_statement = -1;'
where (select rolsuper from pg_roles where rolname = current_user) \gexec
\getenv role ACCOUNT_ROLE
\getenv database ACCOUNT_DATABASE
\getenv verifier ACCOUNT_VERIFIER

\if :{?verifier}
\else
  \set verifier ''
\endif
-- One account at a time on a server: two would trip over each other's changes to shared catalogues.
select pg_advisory_lock(hashtext('portolan-database-account')) \g /dev/null

select
  :'verifier' !~ '^SCRAM-SHA-256\$[0-9]+:[A-Za-z0-9+/]+=*\$[A-Za-z0-9+/]+=*:[A-Za-z0-9+/]+=*$' as bad_verifier,
  :'role' = current_user as is_admin,
  coalesce((select rolsuper or rolreplication or rolcreaterole from pg_roles where rolname = :'role'), false) as powerful,
  exists (select from pg_roles where rolname = :'role') as role_exists,
  exists (select from pg_database where datname = :'database') as database_exists,
  coalesce((select pg_get_userbyid(datdba) <> :'role' from pg_database where datname = :'database'), false) as foreign_database
\gset
\if :bad_verifier
  do $$ begin raise exception 'the verifier Secret does not hold a SCRAM-SHA-256 verifier: a password itself is refused'; end $$;
\endif
\if :is_admin
  do $$ begin raise exception 'account.role is the admin itself: give another name'; end $$;
\endif
\if :powerful
  do $$ begin raise exception 'the role exists and has rights over the whole server: give another name'; end $$;
\endif
\if :foreign_database
  do $$ begin raise exception 'the database exists and belongs to another role: give another name, or hand it over by hand'; end $$;
\endif

\if :role_exists
\else
select format('create role %I login nosuperuser nocreatedb nocreaterole noreplication', :'role') \gexec
\endif

-- Whether the password changes is seen only by who may read verifiers; others set it each time.
select has_table_privilege('pg_catalog.pg_authid', 'select') as may_read \gset
\set same false
\if :may_read
select coalesce(rolpassword = :'verifier', false) and rolcanlogin as same from pg_authid where rolname = :'role' \gset
\endif
\if :same
\else
select format('alter role %I login password %L', :'role', :'verifier') \gexec
\endif

-- An admin who is no superuser, as in managed services, must be a member to give the database away. Granted each time:
-- since PostgreSQL 16 whoever made a role is its member already, but without the right to act as it.
select format('grant %I to current_user', :'role')
where not (select rolsuper from pg_roles where rolname = current_user) \gexec
\if :database_exists
\else
select format('create database %I owner %I template template0 encoding ''UTF8''', :'database', :'role') \gexec
\endif
select format('revoke connect, temporary on database %I from public', :'database') \gexec
select format('grant connect, temporary, create on database %I to %I', :'database', :'role') \gexec

-- Before PostgreSQL 15 everyone could create in the schema public.
\connect :"database"
set client_min_messages = warning;
select 'revoke create on schema public from public'
where exists (select from pg_namespace where nspname = 'public')
  and pg_has_role(current_user, (select nspowner from pg_namespace where nspname = 'public'), 'usage') \gexec
select format('grant usage, create on schema public to %I', :'role')
where exists (select from pg_namespace where nspname = 'public')
  and not has_schema_privilege(:'role', 'public', 'create') \gexec

-- What was made is looked at, not believed.
select
  (select count(*) = 1 from pg_roles
    where rolname = :'role' and rolcanlogin and not (rolsuper or rolcreatedb or rolcreaterole or rolreplication or rolbypassrls)) as role_right,
  (select count(*) = 1 from pg_database where datname = :'database' and pg_get_userbyid(datdba) = :'role') as owner_right,
  not exists (
    select from pg_database as d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) as grants
    where d.datname = :'database' and grants.grantee = 0) as closed,
  has_schema_privilege(:'role', 'public', 'create') as may_create
\gset
\set password_right true
\if :may_read
select rolpassword = :'verifier' as password_right from pg_authid where rolname = :'role' \gset
\endif
select :'role_right'::bool and :'owner_right'::bool and :'closed'::bool and :'may_create'::bool and :'password_right'::bool as all_right \gset
\if :all_right
select format('role %I %s, database %I %s, password %s', :'role',
  case when :'role_exists'::bool then 'kept' else 'created' end, :'database',
  case when :'database_exists'::bool then 'kept' else 'created' end,
  case when :'same'::bool then 'kept' else 'set' end);
\else
\warn role :role_right, owner :owner_right, closed to others :closed, may create :may_create, password :password_right
do $$ begin raise exception 'the account is not as it should be: see the line above'; end $$;
\endif

#!/usr/bin/env bash
# A database that has tables already: equal ones become the starting point, different ones wait for a person's word.
. "$(dirname "$0")/../lib/story.sh"

story_starts
in_schema() { echo "{provider: postgresql, schema: $1, urlFrom: {secretKeyRef: {name: db, key: url}}}"; }
post='model Post {
  id    Int    @id
  title String
}'
sql 'create schema equal; create table equal."Post" (id integer not null, title text not null, constraint "Post_pkey" primary key (id));
     create schema other; create table other."Post" (id integer not null, constraint "Post_pkey" primary key (id)); insert into other."Post" values (1);
     create table other.stranger (id integer)'

TARGET="$(in_schema equal)" migration equal <<<"$post"
is equal "True Baselined"
equal "the history" "$(sql 'select state, (select count(*) from equal._schemalift_step) from equal._schemalift_migration')" "baselined|0"

optional="${post/title String/title String?}"
TARGET="$(in_schema other)" migration other <<<"$optional"
is other "False AdoptionRequired"
contains "the message" "$(condition other Ready message)" title
contains "the message" "$(condition other Ready message)" spec.adopt
equal "the columns" "$(sql "select count(*) from information_schema.columns where table_schema = 'other' and table_name = 'Post'")" 1

TARGET="$(in_schema other)" migration other 'adopt: true' <<<"$optional"
is other "True Applied"
equal "what is there" "$(sql 'select id, title is null from other."Post"')" "1|t"
equal "the table of somebody else" "$(sql "select to_regclass('other.stranger') is not null")" t

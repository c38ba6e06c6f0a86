-- Marten's tables (version 9, string stream identity, all metadata columns). Do not rename: a real Marten opens this database.
-- Columns with the prefix fleet_ are ours; Marten ignores them.

create sequence mt_events_sequence;

create table mt_streams (
    id          varchar     not null,
    type        varchar     null,
    version     bigint      null,
    timestamp   timestamptz not null default now(),
    created     timestamptz not null default now(),
    tenant_id   varchar     null default '*DEFAULT*',
    is_archived bool        null default false,
    constraint pkey_mt_streams_id primary key (id)
);

create table mt_events (
    seq_id         bigint       not null,
    id             uuid         not null,
    stream_id      varchar      null,
    version        bigint       not null,
    data           jsonb        not null,
    bdata          bytea        null,
    type           varchar(500) not null,
    timestamp      timestamptz  not null default now(),
    tenant_id      varchar      null default '*DEFAULT*',
    mt_dotnet_type varchar      null,
    correlation_id varchar      null,
    causation_id   varchar      null,
    user_name      varchar      null,
    headers        jsonb        null,
    is_archived    bool         null default false,
    -- The appending transaction: with seq_id the order in which subscriptions read. A default, so that Marten's own appends carry it too.
    fleet_transaction_id xid8   not null default pg_current_xact_id(),
    constraint pkey_mt_events_seq_id primary key (seq_id),
    constraint fkey_mt_events_stream_id foreign key (stream_id) references mt_streams (id) on delete cascade
);

alter sequence mt_events_sequence owned by mt_events.seq_id;

create unique index pk_mt_events_stream_and_version on mt_events (stream_id, version);
create index fleet_ix_events_cursor on mt_events (fleet_transaction_id, seq_id);

create table mt_event_progression (
    name         varchar     not null,
    last_seq_id  bigint      null,
    last_updated timestamptz null default transaction_timestamp(),
    constraint pkey_mt_event_progression_name primary key (name)
);

-- Writes the queued sessions of one process: their streams first, each at its expected version, then their events.
-- Known streams come before new ones and both in order, so that two processes never wait for each other in a circle.
create function fleet_append(
    known_ids text[], known_expected bigint[], known_versions bigint[],
    new_ids text[], new_versions bigint[],
    event_ids uuid[], event_streams text[], event_versions bigint[], event_data jsonb[], event_types text[], event_times timestamptz[],
    event_dotnet_types text[], event_correlations text[], event_causations text[], event_users text[], event_headers jsonb[])
returns void language plpgsql as $$
declare
    moved bigint;
begin
    if cardinality(known_ids) > 0 then
        if cardinality(known_ids) > 1 then
            perform 1 from mt_streams s where s.id = any (known_ids) order by s.id for update;
        end if;

        update mt_streams s set version = k.version, timestamp = now()
        from unnest(known_ids, known_expected, known_versions) as k (id, expected, version)
        where s.id = k.id and s.version = k.expected;

        get diagnostics moved = row_count;
        if moved <> cardinality(known_ids) then
            raise unique_violation using
                message = 'a stream is not at its expected version',
                constraint = 'pk_mt_events_stream_and_version', table = 'mt_events', schema = 'public';
        end if;
    end if;

    if cardinality(new_ids) > 0 then
        insert into mt_streams (id, version)
        select n.id, n.version from unnest(new_ids, new_versions) as n (id, version);
    end if;

    insert into mt_events (seq_id, id, stream_id, version, data, type, timestamp, mt_dotnet_type,
        correlation_id, causation_id, user_name, headers)
    select nextval('mt_events_sequence'), e.id, e.stream_id, e.version, e.data, e.type, e.at, e.dotnet_type,
        e.correlation_id, e.causation_id, e.user_name, e.headers
    from unnest(event_ids, event_streams, event_versions, event_data, event_types, event_times, event_dotnet_types,
        event_correlations, event_causations, event_users, event_headers)
        as e (id, stream_id, version, data, type, at, dotnet_type, correlation_id, causation_id, user_name, headers);
end $$;

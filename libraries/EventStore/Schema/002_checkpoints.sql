-- How far each subscription has come: the pair, and where Marten's tools look (mt_event_progression) the sequence alone.
create table fleet_checkpoints (
    name           text        primary key,
    transaction_id xid8        not null,
    seq_id         bigint      not null,
    updated        timestamptz not null default now()
);

-- Which inline projections this database was built with; a new name or version is rebuilt when a service starts.
create table fleet_projections (
    name    text        primary key,
    version int         not null,
    built   timestamptz not null default now()
);

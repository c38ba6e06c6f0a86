-- The hash chain over the events (docs/decisions/0017): a row for each run of events in order of seq_id, written behind the appends and never by them.
create table fleet_seals (
    number         bigint      not null,
    after_sequence bigint      not null, -- exclusive: where the seal before ends
    last_sequence  bigint      not null, -- inclusive
    content        bytea       not null, -- of each event: sequence, version, stream, hash
    sealed         timestamptz not null,
    hash           bytea       not null, -- over the hash before and all of this row
    constraint pkey_fleet_seals primary key (number)
);

-- Hashes do not compress: spare the attempt.
alter table fleet_seals alter column content set storage external;

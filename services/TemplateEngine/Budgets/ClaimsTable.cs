using FleetPlatform.Contracts.TemplateEngine;
using Npgsql;
using NpgsqlTypes;

namespace FleetPlatform.TemplateEngine.Budgets;

/// <summary>
/// Limited claims, for the catalogue, whose revision rises with each of their changes; the serial numbers they may register, and how often
/// each signal came. Beside it, in tables of their own: registrations, which are reserved before they are made (<see cref="SpendClaim"/>), and who came with
/// which serial number, and how many in each minute (<see cref="WatchClaims"/>).
/// </summary>
sealed class ClaimsTable : IInlineProjection
{
    public string Name => "claims";

    public string Schema => """
        create table if not exists fleet_template_revision (id int primary key, revision bigint not null);
        create table if not exists fleet_claims (
            claim_id varchar(64) collate "C" primary key,
            status text not null default 'Open',
            maximum bigint null,
            per_minute int null,
            not_before timestamptz null,
            not_after timestamptz null,
            serial_parameter text not null default 'SerialNumber',
            listed boolean not null default false);
        create table if not exists fleet_claim_serials (claim_id varchar(64) collate "C", serial text collate "C", primary key (claim_id, serial));
        create table if not exists fleet_claim_signals (claim_id varchar(64) collate "C", signal text, times bigint not null, primary key (claim_id, signal));
        create table if not exists fleet_claim_registrations (
            claim_id varchar(64) collate "C" not null,
            flow_id varchar(32) collate "C" not null,
            at timestamptz not null,
            primary key (claim_id, flow_id));
        create index if not exists fleet_claim_registrations_at on fleet_claim_registrations (claim_id, at);
        alter table fleet_claim_registrations drop column if exists serial, drop column if exists key_hash;
        do $$ begin
            if to_regclass('fleet_claim_budgets') is null then
                create table fleet_claim_budgets (claim_id varchar(64) collate "C" primary key, used bigint not null);
                insert into fleet_claim_budgets (claim_id, used) select claim_id, count(*) from fleet_claim_registrations group by claim_id;
            end if;
        end $$;
        alter table fleet_claim_signals add column if not exists last_at timestamptz null;
        create table if not exists fleet_serial_uses (serial text collate "C", flow_id varchar(32) collate "C", primary key (serial, flow_id));
        create table if not exists fleet_claim_minutes (
            claim_id varchar(64) collate "C", minute timestamptz, arrivals bigint not null, primary key (claim_id, minute));
        """;

    public IReadOnlyList<string> Tables => ["fleet_claims", "fleet_claim_serials", "fleet_claim_signals"];

    public void Project(RecordedEvent e, ProjectionBatch batch)
    {
        if (e.StreamId.Category != "claim") return;
        if (e.Data is AbuseSuspected suspected)
        {
            batch.Add("""
                insert into fleet_claim_signals (claim_id, signal, times, last_at) values ($1, $2, $3, $4)
                on conflict (claim_id, signal) do update
                set times = fleet_claim_signals.times + excluded.times, last_at = greatest(fleet_claim_signals.last_at, excluded.last_at)
                """, Id(e), Text(suspected.Signal), new() { Value = suspected.Times }, new() { Value = suspected.At.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz });
            return;
        }

        batch.Add("""
            insert into fleet_template_revision (id, revision) values (1, 1)
            on conflict (id) do update set revision = fleet_template_revision.revision + 1
            """);
        batch.Add("insert into fleet_claims (claim_id) values ($1) on conflict do nothing", Id(e));
        switch (e.Data)
        {
            case ClaimLimited limited:
                batch.Add("""
                    update fleet_claims set maximum = $2, per_minute = $3, not_before = $4, not_after = $5, serial_parameter = $6 where claim_id = $1
                    """, Id(e), Nullable(limited.MaximumRegistrations, NpgsqlDbType.Bigint), Nullable(limited.RegistrationsPerMinute, NpgsqlDbType.Integer),
                    Nullable(limited.NotBefore?.UtcDateTime, NpgsqlDbType.TimestampTz), Nullable(limited.NotAfter?.UtcDateTime, NpgsqlDbType.TimestampTz),
                    Text(limited.SerialParameter));
                break;
            case ClaimStatusChanged changed:
                batch.Add("update fleet_claims set status = $2 where claim_id = $1", Id(e), Text(changed.Status.ToString()));
                break;
            case SerialsAllowed allowed:
                batch.Add("insert into fleet_claim_serials (claim_id, serial) select $1, unnest($2::text[]) on conflict do nothing",
                    Id(e), new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text, Value = allowed.Serials.ToArray() });
                batch.Add("update fleet_claims set listed = true where claim_id = $1", Id(e));
                break;
        }
    }

    /// <summary>All limited claims, by certificate id.</summary>
    public static async Task<IReadOnlyDictionary<string, LimitedClaim>> Load(NpgsqlDataSource database)
    {
        await using var command = database.CreateCommand(
            "select claim_id, status, maximum, per_minute, not_before, not_after, serial_parameter, listed from fleet_claims");
        var claims = new Dictionary<string, LimitedClaim>(StringComparer.Ordinal);
        await using var rows = await command.ExecuteReaderAsync();
        while (await rows.ReadAsync())
            claims[rows.GetString(0)] = new(
                Enum.Parse<ClaimStatus>(rows.GetString(1)),
                rows.IsDBNull(2) ? null : rows.GetInt64(2), rows.IsDBNull(3) ? null : rows.GetInt32(3),
                rows.IsDBNull(4) ? null : rows.GetFieldValue<DateTimeOffset>(4), rows.IsDBNull(5) ? null : rows.GetFieldValue<DateTimeOffset>(5),
                rows.GetString(6), rows.GetBoolean(7));
        return claims;
    }

    static NpgsqlParameter Id(RecordedEvent e) => Text(e.StreamId.Key);

    static NpgsqlParameter Text(string text) => new() { Value = text, NpgsqlDbType = NpgsqlDbType.Text };

    static NpgsqlParameter Nullable(object? value, NpgsqlDbType type) => new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };
}

/// <summary>A claim as registrations meet it.</summary>
/// <param name="Listed">True: only serial numbers of its list register.</param>
sealed record LimitedClaim(
    ClaimStatus Status, long? Maximum, int? PerMinute, DateTimeOffset? NotBefore, DateTimeOffset? NotAfter, string SerialParameter, bool Listed);

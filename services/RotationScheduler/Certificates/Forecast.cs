using System.Globalization;
using FleetPlatform.Contracts;
using FleetPlatform.Contracts.RotationScheduler;
using FleetPlatform.Events;
using FleetPlatform.ServiceDefaults;
using MassTransit;

namespace FleetPlatform.RotationScheduler.Certificates;

/// <summary>What expires when: one pass over the active certificates of things.</summary>
sealed class Forecast(EventStore store, TimeProvider clock)
{
    public const int MaximumWeeks = 1_100;
    const int MaximumRows = 1_200;

    const string Counts = """
        count(*), count(*) filter (where not_after < $1), count(*) filter (where not_after < $1 + interval '7 days'),
        count(*) filter (where not_after < $1 + interval '30 days'), count(*) filter (where not_after < $1 + interval '60 days'), min(not_after)
        """;

    const string Active = "status = 'Active' and thing_name is not null and not_after is not null";

    const string ByWeek = $"""
        select date_trunc('week', not_after at time zone 'utc') as key, {Counts} from fleet_certificates
        where {Active} and not_after < $1 + $2 * interval '7 days' group by 1 order by 1 limit $3
        """;

    /// <summary>Reads the forecast.</summary>
    /// <param name="by">week, issuer, group or template.</param>
    public async Task<RotationForecast> Read(string by, int weeks, CancellationToken cancellation)
    {
        await using var connection = await store.DataSource.OpenConnectionAsync(cancellation);
        var (certificates, withoutPolicy) = await ReadTotals(connection, cancellation);
        await using var command = connection.CreateCommand();
        command.CommandText = by switch
        {
            "week" => ByWeek,
            "issuer" => By("issuer", "fleet_certificates"),
            "template" => By("coalesce(template, '')", "fleet_certificates"),
            "group" => By("coalesce(g, '')", "fleet_certificates left join lateral unnest(groups) g on true"),
            _ => throw new ArgumentOutOfRangeException(nameof(by), by, "Not a grouping."),
        };
        command.Parameters.Add(Sql.Time(clock.GetUtcNow()));
        command.Parameters.Add(Sql.Number(weeks));
        command.Parameters.Add(Sql.Number(MaximumRows));
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var rows = new List<ForecastRow>();
        while (await reader.ReadAsync(cancellation))
        {
            rows.Add(new()
            {
                Key = by == "week" ? reader.GetDateTime(0).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) : reader.GetString(0),
                Certificates = reader.GetInt64(1),
                Expired = reader.GetInt64(2),
                Within7Days = reader.GetInt64(3) - reader.GetInt64(2),
                Within30Days = reader.GetInt64(4) - reader.GetInt64(2),
                Within60Days = reader.GetInt64(5) - reader.GetInt64(2),
                FirstExpiry = reader.GetFieldValue<DateTimeOffset>(6),
            });
        }

        return new() { Rows = rows, Certificates = certificates, WithoutPolicy = withoutPolicy };
    }

    // The second parameter is of no use here and has to be mentioned all the same: its type could not be told otherwise.
    static string By(string key, string from) =>
        $"select {key} as key, {Counts} from {from} where {Active} and $2 > 0 group by 1 order by 2 desc, 1 limit $3";

    static async Task<(long Certificates, long WithoutPolicy)> ReadTotals(Npgsql.NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = $"select count(*), count(*) filter (where scope is null) from fleet_certificates where {Active}";
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        await reader.ReadAsync(cancellation);
        return (reader.GetInt64(0), reader.GetInt64(1));
    }
}

sealed class GetRotationForecastConsumer(Forecast forecast) : IConsumer<GetRotationForecast>
{
    public async Task Consume(ConsumeContext<GetRotationForecast> context)
    {
        var (by, weeks) = (context.Message.By, context.Message.Weeks);
        if (by is not ("week" or "issuer" or "group" or "template") || weeks is < 1 or > Forecast.MaximumWeeks)
            await context.RespondAsync(Reasons.InvalidRequest.ToRefused($"by is week, issuer, group or template; weeks is 1 to {Forecast.MaximumWeeks}."));
        else
            await context.RespondAsync(await forecast.Read(by, weeks, context.CancellationToken));
    }
}

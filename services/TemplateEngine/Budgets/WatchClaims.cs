using System.Security.Cryptography;
using System.Text;
using FleetPlatform.Pki;
using FleetPlatform.TemplateEngine.Claims;
using FleetPlatform.TemplateEngine.Language;
using FleetPlatform.TemplateEngine.Templates;
using Npgsql;
using NpgsqlTypes;

namespace FleetPlatform.TemplateEngine.Budgets;

/// <summary>A device that came with a claim, and for which a template rendered.</summary>
/// <param name="Serial">Its serial number; without that parameter its thing, and without a thing the certificate, which nobody else has.</param>
sealed record Arrival(string ClaimId, string FlowId, string Serial, string CertificateId, DateTimeOffset At)
{
    public DateTimeOffset Minute => new(At.UtcTicks - At.UtcTicks % TimeSpan.TicksPerMinute, TimeSpan.Zero);
}

/// <summary>What the tables say of an arrival, once it is among them.</summary>
/// <param name="SerialSeen">Whether a flow that is not of the same batch came with the serial number before, with any claim.</param>
/// <param name="InMinute">Arrivals with its claim in its minute.</param>
/// <param name="IsTold">Whether that minute's velocity is recorded already.</param>
sealed record ArrivalSeen(bool SerialSeen, long InMinute, bool IsTold);

/// <summary>
/// Looks behind the recorded flows at every claim, limited or not, for what a stolen one does: serial numbers that come again, and too many devices at once. A device waits for
/// none of it. One statement for a batch, and one event for a claim and signal of which something was found.
/// </summary>
sealed class WatchClaims(EventStore store, TemplateCatalogue catalogue, SuspectAbuse suspect, TemplateEngineOptions options) : ISubscription
{
    const int MaximumSerialCharacters = 128;

    const string Note = """
        with item as (select * from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[]) as i (claim_id, flow_id, serial, minute)),
        fresh as (insert into fleet_serial_uses (serial, flow_id) select serial, flow_id from item on conflict do nothing returning flow_id),
        counted as (
            insert into fleet_claim_minutes (claim_id, minute, arrivals) select claim_id, minute, count(*) from item join fresh using (flow_id) group by 1, 2
            on conflict (claim_id, minute) do update set arrivals = fleet_claim_minutes.arrivals + excluded.arrivals
            returning claim_id, minute, arrivals)
        select i.flow_id, exists (select 1 from fleet_serial_uses u where u.serial = i.serial and u.flow_id <> all ($2)),
            coalesce(c.arrivals, m.arrivals, 0), coalesce(s.last_at >= i.minute, false)
        from item i
        left join counted c on c.claim_id = i.claim_id and c.minute = i.minute
        left join fleet_claim_minutes m on m.claim_id = i.claim_id and m.minute = i.minute
        left join fleet_claim_signals s on s.claim_id = i.claim_id and s.signal = 'velocity'
        """;

    public string Name => "template-engine.watch-claims";

    public IReadOnlyCollection<Type> IncludedEventTypes => [typeof(ParametersResolved)];

    public async Task Handle(IReadOnlyList<RecordedEvent> batch, CancellationToken cancellation)
    {
        var claims = await catalogue.Claims(cancellation);
        var arrivals = Arrivals(batch, claims);
        if (arrivals.Count == 0) return;

        var seen = await Look(arrivals, cancellation);
        foreach (var (claimId, signals) in Signals(arrivals, seen, claimId => claims.GetValueOrDefault(claimId)?.PerMinute ?? options.SuspectedRegistrationsPerMinute))
            await suspect.Handle(claimId, signals, cancellation);
    }

    /// <summary>Who came with a claim: not devices that renew, nor whom an operator or an authority vouches for. Each flow once.</summary>
    public static IReadOnlyList<Arrival> Arrivals(IReadOnlyList<RecordedEvent> batch, IReadOnlyDictionary<string, LimitedClaim> claims)
    {
        var arrivals = new OrderedDictionary<string, Arrival>(StringComparer.Ordinal);
        foreach (var recorded in batch)
        {
            // Who asked comes first: what an operator registers is not even parsed.
            if (recorded.Metadata.Actor is not { } claimId || !CertificateId.IsWellFormed(claimId) || recorded.Data is not ParametersResolved resolved) continue;
            if (resolved.CertificateId == claimId || Renewal.Is(resolved.TemplateName)) continue;

            var parameter = claims.GetValueOrDefault(claimId)?.SerialParameter ?? Claim.UsualSerialParameter;
            var serial = resolved.Effective().GetValueOrDefault(parameter) ?? resolved.ThingName ?? resolved.CertificateId;
            arrivals[recorded.StreamId.Key] = new(claimId, recorded.StreamId.Key, Short(serial), resolved.CertificateId, resolved.At);
        }

        return [.. arrivals.Values];
    }

    /// <summary>What looks wrong, by claim. Pure.</summary>
    /// <param name="arrivals">In order.</param>
    /// <param name="seen">By flow.</param>
    /// <param name="threshold">From how many arrivals in a minute on a claim is suspected.</param>
    public static IEnumerable<(string ClaimId, IReadOnlyList<AbuseSuspected> Signals)> Signals(
        IReadOnlyList<Arrival> arrivals, IReadOnlyDictionary<string, ArrivalSeen> seen, Func<string, int> threshold)
    {
        var serials = new HashSet<string>(StringComparer.Ordinal);
        var reused = arrivals.Where(arrival => !serials.Add(arrival.Serial) || seen[arrival.FlowId].SerialSeen).ToLookup(arrival => arrival.ClaimId, StringComparer.Ordinal);
        foreach (var claim in arrivals.GroupBy(arrival => arrival.ClaimId, StringComparer.Ordinal))
        {
            var signals = new List<AbuseSuspected>(2);
            if (reused[claim.Key].LastOrDefault() is { } twin)
                signals.Add(Suspected(AbuseSuspected.SerialReuse, $"serial number {Quoted.Of(twin.Serial)} has come before, with another certificate", twin, reused[claim.Key].LongCount()));
            foreach (var minute in claim.GroupBy(arrival => arrival.Minute))
                if (seen[minute.Last().FlowId] is { IsTold: false } last && last.InMinute > threshold(claim.Key))
                    signals.Add(Suspected(AbuseSuspected.Velocity, $"{last.InMinute} devices within a minute; {threshold(claim.Key)} are usual", minute.Last(), 1));
            if (signals.Count > 0) yield return (claim.Key, signals);
        }
    }

    static AbuseSuspected Suspected(string signal, string detail, Arrival arrival, long times) =>
        new(signal, detail, arrival.FlowId, arrival.CertificateId, arrival.At, times);

    // Whatever a device sends as its serial number, an index takes it.
    static string Short(string serial) => serial.Length <= MaximumSerialCharacters ? serial : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(serial)));

    async Task<IReadOnlyDictionary<string, ArrivalSeen>> Look(IReadOnlyList<Arrival> arrivals, CancellationToken cancellation)
    {
        await using var command = store.DataSource.CreateCommand(Note);
        command.Parameters.Add(Texts(arrivals, arrival => arrival.ClaimId));
        command.Parameters.Add(Texts(arrivals, arrival => arrival.FlowId));
        command.Parameters.Add(Texts(arrivals, arrival => arrival.Serial));
        command.Parameters.Add(new() { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz, Value = arrivals.Select(arrival => arrival.Minute.UtcDateTime).ToArray() });
        var seen = new Dictionary<string, ArrivalSeen>(StringComparer.Ordinal);
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation)) seen[rows.GetString(0)] = new(rows.GetBoolean(1), rows.GetInt64(2), rows.GetBoolean(3));
        return seen;
    }

    static NpgsqlParameter Texts(IReadOnlyList<Arrival> arrivals, Func<Arrival, string> column) =>
        new() { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text, Value = arrivals.Select(column).ToArray() };
}

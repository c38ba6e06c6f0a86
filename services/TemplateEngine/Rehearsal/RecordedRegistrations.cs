using FleetPlatform.TemplateEngine.Claims;
using Npgsql;

namespace FleetPlatform.TemplateEngine.Rehearsal;

/// <summary>What devices have sent for a template, newest first, from the recorded flows.</summary>
sealed class RecordedRegistrations(EventStore store, TemplateEngineOptions options)
{
    // Backwards along the primary key, so the newest cost no more in a large store; the window bounds what a rare template can cost.
    const string Select = """
        select data::text from mt_events
        where seq_id > (select coalesce(max(seq_id), 0) - $3 from mt_events)
            and type = 'provisioning.parameters-resolved.v1' and data->>'templateName' = $1
        order by seq_id desc limit $2
        """;

    /// <summary>Reads one registration at a time, so that ten thousand take no more memory than one.</summary>
    public async IAsyncEnumerable<ParametersResolved> Newest(
        string templateName, int limit, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        await using var command = store.DataSource.CreateCommand(Select);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = templateName });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = options.ReplayWindow });
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation))
            yield return (ParametersResolved)EventJson.Read(rows.GetString(0), typeof(ParametersResolved));
    }
}

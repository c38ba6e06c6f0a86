using FleetPlatform.Events;
using Npgsql;
using NpgsqlTypes;

namespace FleetPlatform.ServiceDefaults;

/// <summary>Finds the streams that speak of a subject (a flow, a session, a certificate, a thing, a serial number). Filled by <see cref="FleetStoreBuilder.IndexSubjects"/>.</summary>
public sealed class SubjectIndex(EventStore store)
{
    const string Find = """
        select distinct stream_id from fleet_subjects where subject = any ($1) order by stream_id limit 500
        """;

    /// <summary>The streams that name any of the subjects.</summary>
    /// <returns>At most 500, ordered by name; empty when nothing is known.</returns>
    public async Task<IReadOnlyList<StreamId>> FindStreams(IReadOnlyCollection<string> subjects, CancellationToken cancellation = default)
    {
        await using var command = store.DataSource.CreateCommand(Find);
        command.Parameters.Add(new NpgsqlParameter { Value = subjects.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var streams = new List<StreamId>();
        while (await reader.ReadAsync(cancellation))
        {
            if (StreamId.TryParse(reader.GetString(0), out var stream)) streams.Add(stream);
        }

        return streams;
    }
}

/// <summary>Writes the index in the appending transaction.</summary>
public sealed class SubjectsProjection(IReadOnlyList<Func<RecordedEvent, IEnumerable<string>>> subjectsOf) : IInlineProjection
{
    const int MaximumSubjectLength = 256;

    const string Insert = """
        insert into fleet_subjects (subject, stream_id) select * from unnest($1::text[], $2::text[]) on conflict do nothing
        """;

    public string Name => "subjects";

    public string Schema => """
        create table if not exists fleet_subjects (
            subject text not null,
            stream_id text not null,
            primary key (subject, stream_id));
        """;

    public IReadOnlyList<string> Tables { get; } = ["fleet_subjects"];

    public void Project(RecordedEvent e, ProjectionBatch batch)
    {
        // Sorted: two writers that lock the same rows take them in the same order.
        string[] subjects = [.. subjectsOf.SelectMany(function => function(e))
            .Where(subject => subject.Length is > 0 and <= MaximumSubjectLength)
            .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        if (subjects.Length == 0) return;

        batch.AddRows(Insert, ProjectionColumn.OfMany(NpgsqlDbType.Text, subjects), ProjectionColumn.OfMany(NpgsqlDbType.Text, [.. Enumerable.Repeat(e.StreamId.Value, subjects.Length)]));
    }
}

using System.Text.Json;
using System.Text.Json.Serialization;
using Npgsql;

namespace FleetPlatform.Events.Reading;

/// <summary>One row of mt_events ⇄ a recorded event.</summary>
static class EventRow
{
    /// <summary>What <see cref="Read"/> reads, of a table or join aliased <c>e</c>.</summary>
    public const string Columns =
        "e.seq_id, e.fleet_transaction_id, e.id, e.stream_id, e.version, e.type, e.data, e.timestamp, " +
        "e.correlation_id, e.causation_id, e.user_name, e.headers";

    public const int ColumnCount = 12;

    public static RecordedEvent Read(NpgsqlDataReader row, EventTypes types) => new()
    {
        Sequence = row.GetInt64(0),
        TransactionId = row.GetFieldValue<ulong>(1),
        Id = row.GetGuid(2),
        StreamId = StreamId.FromStored(row.GetString(3)),
        Version = row.GetInt64(4),
        Type = row.GetString(5),
        Json = row.GetString(6),
        Timestamp = row.GetFieldValue<DateTimeOffset>(7),
        Metadata = ReadMetadata(row),
        Types = types,
    };

    public static string? WriteHeaders(EventMetadata metadata) =>
        metadata.TraceId is null && metadata.TraceParent is null
            ? null
            : JsonSerializer.Serialize(new Headers { TraceId = metadata.TraceId, TraceParent = metadata.TraceParent });

    static EventMetadata ReadMetadata(NpgsqlDataReader row)
    {
        var headers = row.IsDBNull(11) ? null : JsonSerializer.Deserialize<Headers>(row.GetString(11));
        return new()
        {
            CorrelationId = row.IsDBNull(8) ? null : row.GetString(8),
            CausationId = row.IsDBNull(9) ? null : row.GetString(9),
            Actor = row.IsDBNull(10) ? null : row.GetString(10),
            TraceId = headers?.TraceId,
            TraceParent = headers?.TraceParent,
        };
    }

    sealed record Headers
    {
        [JsonPropertyName("traceId"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public string? TraceId { get; init; }

        [JsonPropertyName("traceparent"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public string? TraceParent { get; init; }
    }
}

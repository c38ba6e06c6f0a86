using Npgsql;
using NpgsqlTypes;

namespace FleetPlatform.Events.Subscriptions;

/// <summary>A subscription's cursor in the database, written by the connection that holds its leadership.</summary>
static class Checkpoint
{
    // Losing the last one repeats a few events, which may happen anyway: not worth waiting for the disk.
    const string DoNotWaitForDisk = "select set_config('synchronous_commit', 'off', true)";

    const string Upsert = """
        with checkpoint as (
            insert into fleet_checkpoints (name, transaction_id, seq_id) values ($1, $2, $3)
            on conflict (name) do update
                set transaction_id = excluded.transaction_id, seq_id = excluded.seq_id, updated = now()
                where (fleet_checkpoints.transaction_id, fleet_checkpoints.seq_id) < (excluded.transaction_id, excluded.seq_id))
        insert into mt_event_progression (name, last_seq_id) values ($1, $3)
        on conflict (name) do update
            set last_seq_id = greatest(mt_event_progression.last_seq_id, excluded.last_seq_id), last_updated = transaction_timestamp()
        """;

    public static async Task<Cursor> Read(NpgsqlConnection connection, string name, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("select transaction_id, seq_id from fleet_checkpoints where name = $1", connection)
        {
            Parameters = { new NpgsqlParameter<string> { TypedValue = name } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) ? new(reader.GetFieldValue<ulong>(0), reader.GetInt64(1)) : Cursor.Start;
    }

    public static async Task Save(NpgsqlConnection connection, string name, Cursor cursor, CancellationToken cancellation)
    {
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new(DoNotWaitForDisk),
                new(Upsert)
                {
                    Parameters =
                    {
                        new NpgsqlParameter<string> { TypedValue = name },
                        new NpgsqlParameter<ulong> { TypedValue = cursor.TransactionId, NpgsqlDbType = NpgsqlDbType.Xid8 },
                        new NpgsqlParameter<long> { TypedValue = cursor.Sequence },
                    },
                },
            },
        };
        await batch.ExecuteNonQueryAsync(cancellation);
    }
}

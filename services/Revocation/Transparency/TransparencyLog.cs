using System.Text;
using FleetPlatform.Events;
using FleetPlatform.Pki.Transparency;
using FleetPlatform.Revocation.Certificates;
using Npgsql;
using NpgsqlTypes;

namespace FleetPlatform.Revocation.Transparency;

/// <summary>
/// An append-only list of issued and revoked certificates as a Merkle tree (RFC 9162 §2.1). Every complete node is kept, so that a proof is a look-up of a few
/// dozen rows at any size. Issuing and revoking never wait for it.
/// </summary>
sealed class TransparencyLog(NpgsqlDataSource database)
{
    const long Lock = 0x466C6565744C6F67; // "FleetLog": entries are numbered one writer at a time

    // An array of numbers, not a join: nobody knows how long this queue is when the statement is planned, and each turn would go through all of it for each row.
    const string TakePending = """
        with taken as (
            delete from fleet_log_pending where number = any(array(select number from fleet_log_pending order by number limit $1)) returning certificate_id)
        select certificate_id, issuer_id, serial, not_after from fleet_issued join taken using (certificate_id) order by certificate_id
        """;

    const string Insert = """
        insert into fleet_log_entries (index, source, certificate_id, entry) select * from unnest($1::bigint[], $2::text[], $3::text[], $4::text[])
        """;

    const string InsertNodes = "insert into fleet_log_nodes (level, index, hash) select * from unnest($1::int[], $2::bigint[], $3::bytea[])";

    /// <summary>Appends what is not there yet.</summary>
    public async Task Append(IReadOnlyList<LogEntry> entries, CancellationToken cancellation)
    {
        if (entries.Count == 0) return;
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await Append(connection, entries, cancellation);
        await transaction.CommitAsync(cancellation);
    }

    /// <summary>Appends the next certificates that the authority has issued.</summary>
    /// <returns>How many; fewer than the limit when that was all.</returns>
    public async Task<int> AppendIssued(int limit, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var entries = new List<LogEntry>();
        await using (var select = new NpgsqlCommand(TakePending, connection) { Parameters = { new() { Value = limit } } })
        await using (var rows = await select.ExecuteReaderAsync(cancellation))
            while (await rows.ReadAsync(cancellation))
                entries.Add(LogEntry.OfIssued(rows.GetString(0), rows.GetString(1), rows.GetFieldValue<byte[]>(2), rows.GetFieldValue<DateTimeOffset>(3)));
        if (entries.Count == 0) return 0;

        await Append(connection, entries, cancellation);
        await transaction.CommitAsync(cancellation);
        return entries.Count;
    }

    /// <summary>How many entries there are.</summary>
    public async Task<long> FindSize(CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("select coalesce(max(index) + 1, 0) from fleet_log_entries");
        return (long)(await command.ExecuteScalarAsync(cancellation))!;
    }

    /// <summary>Entries from one to before another; fewer when they are not all there.</summary>
    public async Task<IReadOnlyList<string>> Read(long first, long end, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("select entry from fleet_log_entries where index >= $1 and index < $2 order by index");
        command.Parameters.Add(new() { Value = first });
        command.Parameters.Add(new() { Value = end });
        var entries = new List<string>();
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation)) entries.Add(rows.GetString(0));
        return entries;
    }

    /// <summary>Where entries about a certificate are; at most 100.</summary>
    public async Task<IReadOnlyList<long>> Find(string certificateId, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("select index from fleet_log_entries where certificate_id = $1 order by index limit 100");
        command.Parameters.Add(TrustTable.Text(certificateId));
        var indexes = new List<long>();
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation)) indexes.Add(rows.GetInt64(0));
        return indexes;
    }

    /// <summary>The root over the first entries.</summary>
    public async Task<byte[]> FindRoot(long size, CancellationToken cancellation) => (await FindHashes([MerkleTree.Cover(0, size)], cancellation))[0];

    /// <summary>The elements of a proof, from the nodes that each is made of.</summary>
    public async Task<IReadOnlyList<byte[]>> FindHashes(IReadOnlyList<IReadOnlyList<TreeNode>> covers, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var nodes = await Read(connection, [.. covers.SelectMany(cover => cover)], cancellation);
        return [.. covers.Select(cover => MerkleTree.HashOf(cover, node => nodes[node]))];
    }

    static async Task Append(NpgsqlConnection connection, IReadOnlyList<LogEntry> entries, CancellationToken cancellation)
    {
        await using (var take = new NpgsqlCommand("select pg_advisory_xact_lock($1)", connection) { Parameters = { new() { Value = Lock } } })
            await take.ExecuteNonQueryAsync(cancellation);
        var (size, known) = await Look(connection, entries, cancellation);
        var fresh = entries.Where(entry => !known.Contains(entry.Source)).ToList();
        if (fresh.Count == 0) return;

        var tree = new MerkleFrontier(size, await Read(connection, MerkleTree.Cover(0, size), cancellation));
        var nodes = fresh.SelectMany(entry => tree.Add(MerkleTree.HashLeaf(Encoding.UTF8.GetBytes(entry.Text)))).ToList();
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { new(Insert), new(InsertNodes) } };
        Fill(batch.BatchCommands[0], (NpgsqlDbType.Bigint, fresh.Select((_, i) => size + i).ToArray()), (NpgsqlDbType.Text, fresh.Select(entry => entry.Source).ToArray()),
            (NpgsqlDbType.Text, fresh.Select(entry => entry.CertificateId).ToArray()), (NpgsqlDbType.Text, fresh.Select(entry => entry.Text).ToArray()));
        Fill(batch.BatchCommands[1], (NpgsqlDbType.Integer, nodes.Select(node => node.Key.Level).ToArray()), (NpgsqlDbType.Bigint, nodes.Select(node => node.Key.Index).ToArray()),
            (NpgsqlDbType.Bytea, nodes.Select(node => node.Value).ToArray()));
        await batch.ExecuteNonQueryAsync(cancellation);
    }

    static async Task<(long Size, HashSet<string> Known)> Look(NpgsqlConnection connection, IReadOnlyList<LogEntry> entries, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            "select (select coalesce(max(index) + 1, 0) from fleet_log_entries), (select coalesce(array_agg(source), '{}') from fleet_log_entries where source = any($1))", connection);
        command.Parameters.Add(TrustTable.Texts(entries.Select(entry => entry.Source)));
        await using var row = await command.ExecuteReaderAsync(cancellation);
        await row.ReadAsync(cancellation);
        return (row.GetInt64(0), [.. row.GetFieldValue<string[]>(1)]);
    }

    static async Task<Dictionary<TreeNode, byte[]>> Read(NpgsqlConnection connection, IReadOnlyList<TreeNode> nodes, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            "select n.level, n.index, n.hash from fleet_log_nodes n join unnest($1::int[], $2::bigint[]) as asked (level, index) using (level, index)", connection);
        command.Parameters.Add(new() { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer, Value = nodes.Select(node => node.Level).ToArray() });
        command.Parameters.Add(new() { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint, Value = nodes.Select(node => node.Index).ToArray() });
        var found = new Dictionary<TreeNode, byte[]>();
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation)) found[new(rows.GetInt32(0), rows.GetInt64(1))] = rows.GetFieldValue<byte[]>(2);
        return found;
    }

    static void Fill(NpgsqlBatchCommand command, params (NpgsqlDbType Type, Array Values)[] columns)
    {
        foreach (var (type, values) in columns) command.Parameters.Add(new() { NpgsqlDbType = NpgsqlDbType.Array | type, Value = values });
    }
}

/// <summary>Enters every change of trust; from the first event on, so that a log that is new knows what happened before it.</summary>
sealed class LogChanges(TransparencyLog log) : ISubscription
{
    public string Name => "revocation.log";

    public IReadOnlyCollection<Type> IncludedEventTypes => [typeof(TrustChange)];

    public Task Handle(IReadOnlyList<RecordedEvent> batch, CancellationToken cancellation) =>
        log.Append([.. batch.Select(LogEntry.Of).OfType<LogEntry>()], cancellation);
}

using FleetPlatform.Events.Reading;
using FleetPlatform.ServiceDefaults;
using Npgsql;

namespace FleetPlatform.CertificateAuthority.Keys;

/// <summary>What is known of a key.</summary>
/// <param name="IsClaimed">Whether the key is the asker's to certify.</param>
/// <param name="IsBlocked">A certificate on it was revoked with keyCompromise.</param>
/// <param name="Lapsed">Whose claim it was until now; null: nobody's.</param>
/// <param name="Certificates">Certificates that the platform has signed on it, or of others that are registered on it; at most 8.</param>
sealed record KnownKey(bool IsClaimed, bool IsBlocked, string? Lapsed, IReadOnlyList<string> Certificates);

/// <summary>Finds what is known of keys, and claims them: one round trip for those that are asked for in the same instant.</summary>
sealed class KnownKeys(NpgsqlDataSource database)
{
    const int Maximum = 8;

    const string Look = """
        select k.hash, '' from unnest($1) k(hash) where exists (select 1 from fleet_blocked_keys b where b.key_hash = k.hash)
        union all
        select k.hash, c.certificate_id from unnest($1) k(hash)
        cross join lateral (select certificate_id from fleet_keys where key_hash = k.hash limit $2) c
        """;

    readonly GroupRead<Question, KnownKey> _group = new((questions, cancellation) => Read(database, questions, cancellation));

    /// <param name="keyHash">SHA-256 of the SubjectPublicKeyInfo.</param>
    /// <param name="holder">Who claims the key before the look; null: nobody.</param>
    public async Task<KnownKey> Find(byte[] keyHash, string? holder, CancellationToken cancellation)
    {
        var question = new Question(Convert.ToHexString(keyHash), holder);
        return (await _group.Read([question], cancellation))[question].Single();
    }

    static async Task<ILookup<Question, KnownKey>> Read(NpgsqlDataSource database, IReadOnlyCollection<Question> questions, CancellationToken cancellation)
    {
        // Of two who claim one key in the same instant, one.
        var claims = questions.Where(question => question.Holder is not null).DistinctBy(question => question.Hash).ToArray();
        await using var batch = database.CreateBatch();
        if (claims.Length > 0) batch.BatchCommands.Add(KeyClaims.Take([.. claims.Select(claim => Convert.FromHexString(claim.Hash))], [.. claims.Select(claim => claim.Holder!)]));
        batch.BatchCommands.Add(new(Look)
        {
            Parameters = { new NpgsqlParameter<byte[][]> { TypedValue = [.. questions.Select(question => question.Hash).Distinct().Select(Convert.FromHexString)] }, new() { Value = Maximum } },
        });
        await using var rows = await batch.ExecuteReaderAsync(cancellation);
        var claimed = new Dictionary<string, string?>(StringComparer.Ordinal);
        if (claims.Length > 0)
        {
            while (await rows.ReadAsync(cancellation)) claimed[HashIn(rows)] = rows.IsDBNull(1) ? null : rows.GetString(1);
            await rows.NextResultAsync(cancellation);
        }

        // Empty for a blocked key, else the id of a certificate on it.
        var known = new List<(string Hash, string Certificate)>();
        while (await rows.ReadAsync(cancellation)) known.Add((HashIn(rows), rows.GetString(1)));
        var byHash = known.ToLookup(row => row.Hash, row => row.Certificate, StringComparer.Ordinal);
        var holders = claims.Where(claim => claimed.ContainsKey(claim.Hash)).ToHashSet();
        return questions.ToLookup(question => question, question => new KnownKey(
            holders.Contains(question), byHash[question.Hash].Contains(""), claimed.GetValueOrDefault(question.Hash), [.. byHash[question.Hash].Where(certificate => certificate.Length > 0)]));
    }

    static string HashIn(NpgsqlDataReader row) => Convert.ToHexString(row.GetFieldValue<byte[]>(0));

    readonly record struct Question(string Hash, string? Holder);
}

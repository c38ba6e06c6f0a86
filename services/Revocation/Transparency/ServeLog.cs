using FleetPlatform.Pki.Transparency;
using FleetPlatform.Revocation.Certificates;

namespace FleetPlatform.Revocation.Transparency;

/// <summary>
/// The log for everybody, over plain HTTP: what is signed needs no TLS. <c>/log/checkpoint</c> and <c>/log/key</c> as C2SP writes them; entries and proofs in JSON, which never
/// change and are cached for ever.
/// </summary>
static class ServeLog
{
    const int MaximumEntries = 256;
    const string ForEver = "public, max-age=31536000, immutable";
    const string NewestWins = "no-cache";

    public static void MapLog(this IEndpointRouteBuilder routes)
    {
        var log = routes.MapGroup("/log");
        log.MapGet("/checkpoint", (HttpContext http, Checkpoints checkpoints, CancellationToken cancellation) => Newest(http, checkpoints, newest => newest.Note, cancellation));
        log.MapGet("/key", (HttpContext http, Checkpoints checkpoints, RevocationOptions options, CancellationToken cancellation) =>
            Newest(http, checkpoints, newest => Checkpoint.WriteKey(options.LogOrigin, newest.Key) + "\n", cancellation));
        log.MapGet("/certificates/{certificateId}", Find);
        log.MapGet("/entries/{first:long}-{end:long}", Read);
        log.MapGet("/proofs/inclusion/{size:long}/{index:long}", (HttpContext http, long size, long index, TransparencyLog own, CancellationToken cancellation) =>
            Prove(http, own, size, index >= 0 && index < size ? () => MerkleTree.InclusionProof(index, size) : null, cancellation));
        log.MapGet("/proofs/consistency/{former:long}/{size:long}", (HttpContext http, long former, long size, TransparencyLog own, CancellationToken cancellation) =>
            Prove(http, own, size, former >= 0 && former <= size ? () => MerkleTree.ConsistencyProof(former, size) : null, cancellation));
    }

    static async Task<IResult> Newest(HttpContext http, Checkpoints checkpoints, Func<StoredCheckpoint, string> write, CancellationToken cancellation)
    {
        if (await checkpoints.Find(cancellation) is not { } newest) return Results.NotFound();
        http.Response.Headers.CacheControl = NewestWins;
        return Results.Text(write(newest), "text/plain; charset=utf-8");
    }

    static async Task<IResult> Find(string certificateId, HttpContext http, TransparencyLog log, CancellationToken cancellation)
    {
        if (!CertificateTrust.IsCertificateId(certificateId)) return Results.NotFound();
        http.Response.Headers.CacheControl = NewestWins;
        return Results.Json(new { indexes = await log.Find(certificateId, cancellation) });
    }

    static async Task<IResult> Read(long first, long end, HttpContext http, TransparencyLog log, CancellationToken cancellation)
    {
        if (first < 0 || end <= first || end - first > MaximumEntries) return Results.BadRequest($"Ask for 1 to {MaximumEntries} entries.");
        var entries = await log.Read(first, end, cancellation);
        if (entries.Count < end - first) return Results.NotFound();
        http.Response.Headers.CacheControl = ForEver;
        return Results.Json(new { entries });
    }

    static async Task<IResult> Prove(HttpContext http, TransparencyLog log, long size, Func<IReadOnlyList<IReadOnlyList<TreeNode>>>? proof, CancellationToken cancellation)
    {
        if (proof is null || size > await log.FindSize(cancellation)) return Results.NotFound();
        http.Response.Headers.CacheControl = ForEver;
        return Results.Json(new { hashes = await log.FindHashes(proof(), cancellation) });
    }
}

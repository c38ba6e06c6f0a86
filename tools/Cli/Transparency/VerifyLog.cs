using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FleetPlatform.Pki.Transparency;

namespace FleetPlatform.Cli.Transparency;

/// <summary>What an auditor found out.</summary>
/// <param name="Lines">In words.</param>
/// <param name="Fault">Why the log is not to be trusted, or does not hold what it should; null when all is well.</param>
/// <param name="Seen">What to remember; of a faulty log what was remembered before.</param>
sealed record VerifiedLog(IReadOnlyList<string> Lines, string? Fault, SeenLog Seen);

/// <summary>
/// Audits a log without trusting it: its checkpoint is signed with the key that is remembered, it has grown out of the checkpoint that is remembered, and it holds
/// what it says of a certificate. RFC 9162 §2.1, C2SP tlog-checkpoint.
/// </summary>
static class VerifyLog
{
    /// <param name="server">The log.</param>
    /// <param name="seen">What is remembered; its key at least.</param>
    /// <param name="certificateId">SHA-256 of a certificate that must be there; null for none.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async Task<VerifiedLog> Run(LogServer server, SeenLog seen, string? certificateId, CancellationToken cancellation)
    {
        var lines = new List<string>();
        try
        {
            var (origin, key) = Checkpoint.ReadKey(seen.Key);
            var note = await server.ReadCheckpoint(cancellation);
            var checkpoint = Checkpoint.Open(note, origin, key);
            lines.Add($"{origin}: {checkpoint.Size} entries, root {Convert.ToHexStringLower(checkpoint.Root)}, signed with the log's key");
            if (await FindFork(server, seen.Open(), checkpoint, lines, cancellation) is { } fork) return new(lines, fork, seen);
            var fault = certificateId is null ? null : await FindFault(server, checkpoint, certificateId, lines, cancellation);
            return new(lines, fault, seen with { Note = note });
        }
        catch (CryptographicException wrong)
        {
            return new(lines, wrong.Message, seen);
        }
    }

    static async Task<string?> FindFork(LogServer server, Checkpoint? before, Checkpoint now, List<string> lines, CancellationToken cancellation)
    {
        if (before is null) return null;
        if (now.Size < before.Size) return $"The log has {now.Size} entries, and had {before.Size}: entries were taken out.";
        var proof = now.Size == before.Size ? [] : await server.ReadConsistencyProof(before.Size, now.Size, cancellation);
        if (!MerkleProofs.IsConsistent(before.Size, before.Root, now.Size, now.Root, proof))
            return $"The log has not grown out of the one with {before.Size} entries that was seen before: it was rewritten, or you are shown another one than others.";
        lines.Add($"it has grown out of the one seen before, of {before.Size} entries");
        return null;
    }

    static async Task<string?> FindFault(LogServer server, Checkpoint checkpoint, string certificateId, List<string> lines, CancellationToken cancellation)
    {
        var isIssued = false;
        foreach (var index in await server.Find(certificateId, cancellation))
        {
            if (index >= checkpoint.Size)
            {
                lines.Add($"entry {index} is not signed yet; ask again in some seconds");
                continue;
            }

            var entry = await server.ReadEntry(index, cancellation);
            var proof = await server.ReadInclusionProof(index, checkpoint.Size, cancellation);
            if (!MerkleProofs.Includes(MerkleTree.HashLeaf(Encoding.UTF8.GetBytes(entry)), index, checkpoint.Size, proof, checkpoint.Root))
                return $"Entry {index} is not what the signed tree holds: {entry}";
            if (KindOf(entry, certificateId) is not { } kind) return $"Entry {index} is about something else: {entry}";
            isIssued |= kind == "issued";
            lines.Add($"entry {index}: {entry}");
        }

        return isIssued ? null : $"Certificate {certificateId} is not in the log as issued.";
    }

    // Null for an entry that does not name the certificate.
    static string? KindOf(string entry, string certificateId)
    {
        try
        {
            using var json = JsonDocument.Parse(entry);
            return json.RootElement.GetProperty("certificateId").GetString() == certificateId ? json.RootElement.GetProperty("kind").GetString() : null;
        }
        catch (Exception malformed) when (malformed is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }
}

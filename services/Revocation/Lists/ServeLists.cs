using System.Globalization;
using System.Text;
using FleetPlatform.Pki;
using FleetPlatform.Revocation.Certificates;
using Microsoft.Net.Http.Headers;
using Npgsql;

namespace FleetPlatform.Revocation.Lists;

/// <summary>
/// <c>GET /{issuer}/{shard|full|delta}.crl</c> (DER) and <c>.pem</c>, <c>/{issuer}/chain.pem</c>, <c>/roots/{name}.crl</c> and <c>.pem</c>: plain HTTP, cacheable.
/// Lists of issuers come from the database alone, piece by piece. What is fetched is one list from its first octet to its last, whatever is cut meanwhile.
/// </summary>
static class ServeLists
{
    const string Der = ".crl";
    const string Pem = ".pem";
    const string DerType = "application/pkix-crl";
    const string PemType = "application/x-pem-file";
    const int PemLine = 48; // octets of a line of 64 characters

    public static void MapLists(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/{issuer}/{file}", Serve);
        routes.MapGet($"/{RevocationPoints.RootFolder}/{{file}}", ServeRootList);
        routes.MapGet("/{issuer}/chain.pem", async (string issuer, Authorities authorities, CancellationToken cancellation) =>
            (await authorities.Find(cancellation)).FirstOrDefault(each => each.IssuerId == issuer) is { } found
                ? Results.Text(found.CertificatePem + string.Concat(found.ChainPem), "application/pem-certificate-chain")
                : Results.NotFound());
    }

    static async Task Serve(string issuer, string file, HttpContext http, NpgsqlDataSource database, TimeProvider clock)
    {
        var cancellation = http.RequestAborted;
        var extension = Path.GetExtension(file);
        if (extension is not (Der or Pem) || await Find($"{issuer}/{Path.GetFileNameWithoutExtension(file)}", database, cancellation) is not { } list)
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        var response = http.Response;
        if (IsKnown(http, list.Number + extension, list.ThisUpdate, list.NextUpdate, clock.GetUtcNow())) return;

        var (head, tail) = RevocationListWriter.WriteEnvelope(list.Length, list.Algorithm, list.Signature);
        if (extension == Der)
        {
            response.ContentType = DerType;
            response.ContentLength = head.Length + list.Length + tail.Length;
            await foreach (var piece in Pieces(head, list, tail, database, cancellation)) await response.Body.WriteAsync(piece, cancellation);
        }
        else
        {
            response.ContentType = PemType;
            await WritePem(Pieces(head, list, tail, database, cancellation), response.Body, cancellation);
        }
    }

    // A root's list is small, and comes from the authority, which keeps what was cut where the root's key is.
    static async Task<IResult> ServeRootList(string file, HttpContext http, Authorities authorities, TimeProvider clock)
    {
        var extension = Path.GetExtension(file);
        var list = extension is Der or Pem ? (await authorities.FindRootLists(http.RequestAborted)).FirstOrDefault(each => each.Name == Path.GetFileNameWithoutExtension(file)) : null;
        if (list is null) return Results.NotFound();
        if (IsKnown(http, list.Number.ToString(CultureInfo.InvariantCulture) + extension, list.ThisUpdate, list.NextUpdate, clock.GetUtcNow())) return Results.StatusCode(StatusCodes.Status304NotModified);
        return extension == Der ? Results.Bytes(list.List, DerType) : Results.Text(FleetPlatform.Pki.Pem.Write(SignedRevocationList.Label, list.List), PemType);
    }

    // Writes what caches go by; true when the asker has it already.
    static bool IsKnown(HttpContext http, string version, DateTimeOffset thisUpdate, DateTimeOffset nextUpdate, DateTimeOffset now)
    {
        var tag = new EntityTagHeaderValue($"\"{version}\"");
        var headers = http.Response.GetTypedHeaders();
        (headers.ETag, headers.LastModified, headers.Expires) = (tag, thisUpdate, nextUpdate);

        // A cache may keep it as long as it is the newest for sure, not as long as it is valid: what is revoked now is on the next one.
        headers.CacheControl = new() { Public = true, MaxAge = TimeSpan.FromSeconds(Math.Clamp((nextUpdate - now).TotalSeconds, 0, 60)) };
        if (!http.Request.GetTypedHeaders().IfNoneMatch.Any(known => known.Compare(tag, useStrongComparison: false))) return false;
        http.Response.StatusCode = StatusCodes.Status304NotModified;
        return true;
    }

    static async Task WritePem(IAsyncEnumerable<byte[]> pieces, Stream output, CancellationToken cancellation)
    {
        await output.WriteAsync("-----BEGIN X509 CRL-----\n"u8.ToArray(), cancellation);
        var rest = Array.Empty<byte>();
        await foreach (var piece in pieces)
        {
            byte[] octets = [.. rest, .. piece];
            var whole = octets.Length / PemLine * PemLine;
            await output.WriteAsync(Lines(octets.AsSpan(0, whole)), cancellation);
            rest = octets[whole..];
        }

        await output.WriteAsync(Lines(rest), cancellation);
        await output.WriteAsync("-----END X509 CRL-----\n"u8.ToArray(), cancellation);
    }

    static byte[] Lines(ReadOnlySpan<byte> octets)
    {
        var text = new StringBuilder((octets.Length * 4 / 3) + (octets.Length / PemLine) + 8);
        for (; !octets.IsEmpty; octets = octets[Math.Min(PemLine, octets.Length)..])
            text.Append(Convert.ToBase64String(octets[..Math.Min(PemLine, octets.Length)])).Append('\n');
        return Encoding.ASCII.GetBytes(text.ToString());
    }

    static async IAsyncEnumerable<byte[]> Pieces(
        byte[] head, StoredList list, byte[] tail, NpgsqlDataSource database, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        yield return head;
        for (var part = 0; part < list.Parts; part++)
        {
            await using var select = database.CreateCommand("select octets from fleet_list_parts where draft_id = $1 and part = $2");
            select.Parameters.Add(new() { Value = list.DraftId });
            select.Parameters.Add(new() { Value = part });
            yield return await select.ExecuteScalarAsync(cancellation) as byte[] ?? throw new IOException("A part of the list is gone.");
        }

        yield return tail;
    }

    static async Task<StoredList?> Find(string id, NpgsqlDataSource database, CancellationToken cancellation)
    {
        await using var select = database.CreateCommand(
            "select draft_id, parts, number, this_update, next_update, length, algorithm, signature from fleet_lists where list_id = $1");
        select.Parameters.Add(TrustTable.Text(id));
        await using var rows = await select.ExecuteReaderAsync(cancellation);
        return await rows.ReadAsync(cancellation)
            ? new(rows.GetGuid(0), rows.GetInt32(1), rows.GetInt64(2).ToString(CultureInfo.InvariantCulture), rows.GetFieldValue<DateTimeOffset>(3),
                rows.GetFieldValue<DateTimeOffset>(4), rows.GetInt64(5), rows.GetString(6), rows.GetFieldValue<byte[]>(7))
            : null;
    }

    sealed record StoredList(
        Guid DraftId, int Parts, string Number, DateTimeOffset ThisUpdate, DateTimeOffset NextUpdate, long Length, string Algorithm, byte[] Signature);
}

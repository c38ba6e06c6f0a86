using System.Collections.Concurrent;
using FleetPlatform.Contracts.Revocation;
using FleetPlatform.Pki;
using FleetPlatform.Revocation.Certificates;
using FleetPlatform.Revocation.Lists;
using FleetPlatform.ServiceDefaults;
using MassTransit;
using Npgsql;

namespace FleetPlatform.Revocation.Ocsp;

/// <summary>
/// Answers whether certificates are revoked (RFC 6960, RFC 5019). What was signed without a nonce is served again until half its life is over or the
/// certificate is revoked; a nonce, or several certificates at once, are signed fresh.
/// </summary>
sealed class AnswerOcsp(Responders responders, NpgsqlDataSource database, RevocationOptions options, TimeProvider clock)
{
    const string Select = """
        select t.reason, t.since, i.certificate_id from fleet_issued i left join fleet_trust t on t.certificate_id = i.certificate_id
        where i.issuer_id = $1 and i.serial = $2
        """;

    readonly ConcurrentDictionary<string, Signed> _signed = new(StringComparer.Ordinal);
    readonly ConcurrentDictionary<string, string> _keys = new(StringComparer.Ordinal);

    long _changes;

    sealed record Signed(byte[] Response, DateTimeOffset ThisUpdate, DateTimeOffset NextUpdate, string? CertificateId);

    /// <summary>The response, and until when it may be cached; null: not at all.</summary>
    public async Task<(byte[] Response, DateTimeOffset? FreshUntil)> Handle(ReadOnlyMemory<byte> der, CancellationToken cancellation)
    {
        if (OcspRequest.TryRead(der) is not { } request) return (OcspResponse.Malformed, null);
        var all = responders.All;
        if (all.Count == 0) return (OcspResponse.TryLater, null);
        if (all.FirstOrDefault(each => each.IsAskedBy(request.Certificates[0])) is not { } responder) return (OcspResponse.Unauthorized, null);
        var now = clock.GetUtcNow();
        if (responder.NotAfter <= now) return (OcspResponse.TryLater, null);

        var isCacheable = request is { Nonce: null, Certificates.Count: 1 };
        var key = isCacheable ? Convert.ToHexString(request.Certificates[0].Encoded.Span) : "";
        if (isCacheable && _signed.TryGetValue(key, out var known) && now < known.ThisUpdate + (options.OcspLife / 2) && now >= known.ThisUpdate)
            return (known.Response, known.NextUpdate);

        var changes = Volatile.Read(ref _changes);
        var signed = await Sign(request, responder, now, cancellation);
        if (isCacheable) Keep(key, signed, changes);
        return (signed.Response, isCacheable ? signed.NextUpdate : null);
    }

    /// <summary>Something was recorded about a certificate: what was signed before is not served again.</summary>
    public void Forget(string certificateId)
    {
        Interlocked.Increment(ref _changes);
        if (_keys.TryRemove(certificateId, out var key)) _signed.TryRemove(key, out _);
    }

    async Task<Signed> Sign(OcspRequest request, Responder responder, DateTimeOffset now, CancellationToken cancellation)
    {
        var answers = new List<OcspAnswer>(request.Certificates.Count);
        string? certificateId = null;
        foreach (var id in request.Certificates)
        {
            var (answer, found) = responder.IsAskedBy(id) ? await Find(id, responder.Issuer.IssuerId, cancellation) : (new OcspAnswer(id, OcspStatus.Unknown), null);
            answers.Add(answer);
            certificateId = found;
        }

        var nextUpdate = now + options.OcspLife < responder.NotAfter ? now + options.OcspLife : responder.NotAfter;
        return new(OcspResponse.Write(answers, now, nextUpdate, request.Nonce, responder.Key, responder.Certificate), now, nextUpdate, certificateId);
    }

    async Task<(OcspAnswer Answer, string? CertificateId)> Find(OcspCertificateId id, string issuerId, CancellationToken cancellation)
    {
        await using var select = database.CreateCommand(Select);
        select.Parameters.Add(TrustTable.Text(issuerId));
        select.Parameters.Add(new() { Value = id.SerialNumber.ToArray() });
        await using var rows = await select.ExecuteReaderAsync(cancellation);
        if (!await rows.ReadAsync(cancellation)) return (new(id, OcspStatus.Unknown), null);
        return rows.IsDBNull(0)
            ? (new(id, OcspStatus.Good), rows.GetString(2))
            : (new(id, OcspStatus.Revoked, rows.GetFieldValue<DateTimeOffset>(1), ListReasons.NumberOf(rows.GetString(0))), rows.GetString(2));
    }

    void Keep(string key, Signed signed, long changes)
    {
        // Something was revoked while this was signed: it may be what this speaks of.
        if (changes != Volatile.Read(ref _changes)) return;

        // What is not known here is not kept: strangers could fill the memory with serial numbers, and the certificate may be on its way to us.
        if (signed.CertificateId is not { } id || _signed.Count >= options.OcspAnswers) return;
        _signed[key] = signed;
        if (_keys.TryGetValue(id, out var other) && other != key) _signed.TryRemove(other, out _); // asked by another hash: one is enough
        _keys[id] = key;

        // Or between that look and here: who forgets counts first and takes out then, so one of the two sees the other.
        if (changes != Volatile.Read(ref _changes)) _signed.TryRemove(key, out _);
    }
}

/// <summary>A change of trust: the answers that this replica has signed are old. The receipt says when.</summary>
sealed class ForgetAnswersConsumer(AnswerOcsp answers, TimeProvider clock) : IConsumer<TrustChanged>
{
    public Task Consume(ConsumeContext<TrustChanged> context)
    {
        foreach (var item in context.Message.Items) answers.Forget(item.CertificateId);
        return context.PublishInTime(new TrustChangeApplied
        {
            By = "ocsp",
            At = clock.GetUtcNow(),
            Items = [.. context.Message.Items.Select(item => new AppliedTrustChange { CertificateId = item.CertificateId, Version = item.Version })],
        }, context.CancellationToken);
    }
}

/// <summary><c>POST /ocsp</c>, and <c>GET /ocsp/{request in base64}</c>, which caches on the way understand (RFC 5019 §5).</summary>
static class ServeOcsp
{
    const string Path = "/ocsp";
    const string ContentType = "application/ocsp-response";

    public static void MapOcsp(this IEndpointRouteBuilder routes)
    {
        routes.MapPost(Path, async (HttpContext http, AnswerOcsp answers) => await Write(http, await answers.Handle(await Read(http), http.RequestAborted)));
        routes.MapGet(Path + "/{**request}", async (HttpContext http, AnswerOcsp answers, TimeProvider clock) =>
        {
            var (response, freshUntil) = await answers.Handle(Decode(http.Request.Path.Value!), http.RequestAborted);
            if (freshUntil is { } until)
            {
                var headers = http.Response.GetTypedHeaders();
                headers.Expires = until;
                headers.CacheControl = new() { Public = true, NoTransform = true, MustRevalidate = true, MaxAge = TimeSpan.FromSeconds(Math.Clamp((until - clock.GetUtcNow()).TotalSeconds / 2, 0, 300)) };
            }

            await Write(http, (response, freshUntil));
        });
    }

    static Task Write(HttpContext http, (byte[] Response, DateTimeOffset? FreshUntil) answer)
    {
        http.Response.ContentType = ContentType;
        http.Response.ContentLength = answer.Response.Length;
        return http.Response.Body.WriteAsync(answer.Response, http.RequestAborted).AsTask();
    }

    // No longer than any honest request: the rest is not even read.
    static async Task<ReadOnlyMemory<byte>> Read(HttpContext http)
    {
        var buffer = new byte[OcspRequest.MaximumOctets + 1];
        var length = await http.Request.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, http.RequestAborted);
        return buffer.AsMemory(0, length);
    }

    // Base64 has slashes of its own, which clients escape or not; an empty or broken text reads as a malformed request.
    static byte[] Decode(string path)
    {
        var text = Uri.UnescapeDataString(path[(Path.Length + 1)..]);
        var der = new byte[OcspRequest.MaximumOctets + 1];
        return Convert.TryFromBase64String(text, der, out var length) ? der[..length] : [];
    }
}

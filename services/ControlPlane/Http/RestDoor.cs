using System.Diagnostics;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Threading.RateLimiting;
using FleetPlatform.ControlPlane.Signing;

namespace FleetPlatform.ControlPlane.Http;

/// <summary>The REST door (restJson1): limits, signature, route, access, operation, answer. Every request takes this one way.</summary>
sealed class RestDoor(
    RouteTable routes, SignatureVerifier verifier, ControlPlaneOptions options, TimeProvider clock, ILogger<RestDoor> log) : IDisposable
{
    static readonly JsonSerializerOptions Json = new()
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // never inside HTML: the answer is application/json
    };

    static readonly JsonDocumentOptions BodyLimits = new() { MaxDepth = 16, AllowDuplicateProperties = false };
    static readonly JsonElement NoBody = JsonDocument.Parse("{}").RootElement;

    readonly TokenBucketRateLimiter _limiter = new(new()
    {
        TokenLimit = options.RequestsPerSecond * 2,
        TokensPerPeriod = Math.Max(1, options.RequestsPerSecond / 10),
        ReplenishmentPeriod = TimeSpan.FromMilliseconds(100),
        QueueLimit = 0,
    });

    public async Task Serve(HttpContext http)
    {
        var began = clock.GetTimestamp();
        http.Response.Headers["x-amzn-requestid"] = Activity.Current?.TraceId.ToHexString() is { } trace && trace != new string('0', 32)
            ? trace : Guid.CreateVersion7().ToString("N");
        var request = SignedRequest.Of(http);
        var (caller, operation, failure) = await Run(http, request);
        if (failure is not null) await WriteFailure(http, failure);
        Log.Served(log, operation?.Name ?? "unknown", caller ?? "nobody", http.Response.StatusCode, clock.GetElapsedTime(began).TotalMilliseconds);
    }

    public void Dispose() => _limiter.Dispose();

    async Task<(string? Caller, Operation? Operation, Failure? Failure)> Run(HttpContext http, SignedRequest request)
    {
        // Who does not even name the key uses up nothing of what its holder may ask.
        var (claim, refused) = verifier.ReadClaim(request);
        if (claim is null) return (null, null, Failure.Of(refused!));

        using var lease = _limiter.AttemptAcquire();
        if (!lease.IsAcquired) return (null, null, Failure.Of(Reasons.TooManyRequests.ToRefused("Rate exceeded.")));
        if (await ReadBody(http) is not { } body) return (null, null, new(413, "RequestEntityTooLargeException", $"The body is over {options.MaximumBodyBytes} bytes."));
        if (verifier.Verify(request, claim, body) is { } mismatch) return (null, null, Failure.Of(mismatch));

        if (routes.Find(request.Method, request.Path) is not { } route)
            return (claim.AccessKeyId, null, new(404, "UnknownOperationException", "No operation has this method and path; docs/operator.md lists those there are."));
        if (Access.Refuse(claim.AccessKeyId, route.Operation, options) is { } denied) return (claim.AccessKeyId, route.Operation, Failure.Of(denied));

        return (claim.AccessKeyId, route.Operation, await Run(http, request, claim, route, body));
    }

    async Task<Failure?> Run(
        HttpContext http, SignedRequest request, SignatureClaim claim, (Operation Operation, IReadOnlyDictionary<string, string> Parameters) route, byte[] body)
    {
        try
        {
            using var document = body.Length == 0 ? null : JsonDocument.Parse(body, BodyLimits);
            if (document is { RootElement.ValueKind: not JsonValueKind.Object }) throw new InvalidInputException("The body must be a JSON object.");

            var reply = await route.Operation.Handle(
                new(claim.AccessKeyId, route.Operation.Name, request, route.Parameters, document?.RootElement ?? NoBody) { Scheme = http.Request.Scheme }, http.RequestAborted);
            if (reply.Refused is { } refused) return Failure.Of(refused) with { Resource = reply.Resource };

            if (reply.Writer is { } write) await WriteLines(http, write);
            else await http.Response.WriteAsJsonAsync(reply.Body ?? new object(), Json, "application/json", http.RequestAborted);
            return null;
        }
        catch (Exception cut) when (http.Response.HasStarted && !http.RequestAborted.IsCancellationRequested)
        {
            // Half an answer must not look like a whole one.
            Log.Failed(log, route.Operation.Name, cut);
            http.Abort();
            return null;
        }
        catch (InvalidInputException wrong)
        {
            return Failure.Of(Reasons.InvalidRequest.ToRefused(wrong.Message));
        }
        catch (JsonException)
        {
            return Failure.Of(Reasons.InvalidRequest.ToRefused("The body is not JSON, or nested too deep, or names a member twice."));
        }
        catch (RequestUnavailableException away)
        {
            Log.Unavailable(log, route.Operation.Name, away.Message);
            return Failure.Of(Reasons.Unavailable.ToRefused("A part of the platform did not answer in time. Retry with back-off."));
        }
        catch (Exception failure) when (!http.RequestAborted.IsCancellationRequested)
        {
            Log.Failed(log, route.Operation.Name, failure);
            return Failure.Of(Reasons.Internal.ToRefused("An unexpected error has occurred."));
        }
    }

    static async Task WriteLines(HttpContext http, Func<Stream, CancellationToken, Task> write)
    {
        http.Response.ContentType = "application/x-ndjson";
        await write(http.Response.Body, http.RequestAborted);
    }

    // Null when it is longer than allowed: noticed from its declared length, or while reading, before more is kept.
    async Task<byte[]?> ReadBody(HttpContext http)
    {
        if (http.Request.ContentLength > options.MaximumBodyBytes) return null;
        if (http.Request.ContentLength is null or 0 && !http.Request.Headers.ContainsKey("Transfer-Encoding")) return [];

        using var body = new MemoryStream();
        var buffer = new byte[16 * 1024];
        for (int read; (read = await http.Request.Body.ReadAsync(buffer, http.RequestAborted)) > 0;)
        {
            if (body.Length + read > options.MaximumBodyBytes) return null;
            body.Write(buffer, 0, read);
        }

        return body.ToArray();
    }

    static Task WriteFailure(HttpContext http, Failure failure)
    {
        http.Response.StatusCode = failure.Status;
        http.Response.Headers["x-amzn-errortype"] = failure.Exception;
        return http.Response.WriteAsJsonAsync(
            new { __type = failure.Exception, message = failure.Message, resourceId = failure.Resource?.Id, resourceArn = failure.Resource?.Arn },
            Json, "application/json", http.RequestAborted);
    }

    sealed record Failure(int Status, string Exception, string Message)
    {
        public (string? Id, string Arn)? Resource { get; init; }

        public static Failure Of(SignatureFailure failure) => new(failure.Status, failure.Exception, failure.Message);

        public static Failure Of(Refused refused)
        {
            var reason = Reasons.Of(refused.Code);
            return new(reason.RestStatus, reason.RestException, refused.Detail);
        }
    }
}

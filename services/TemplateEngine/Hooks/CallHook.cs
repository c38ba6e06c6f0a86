using System.Globalization;
using System.Net.Http.Headers;

namespace FleetPlatform.TemplateEngine.Hooks;

/// <summary>Asks a pre-provisioning hook. Never throws for what a hook does: whatever it is, it is a verdict. A singleton; thread-safe.</summary>
sealed class CallHook : IDisposable
{
    readonly HookOptions _options;
    readonly TimeProvider _clock;
    readonly CircuitBreaker _breaker;
    readonly SemaphoreSlim _places;
    readonly HttpClient _http;
    readonly byte[] _key;

    public CallHook(HookOptions options, TimeProvider clock)
    {
        var networks = options.Networks();
        (_options, _clock, _key) = (options, clock, options.KeyBytes());
        _breaker = new(options.BreakerFailures, options.BreakerPause, clock);
        _places = new(options.MaximumConcurrentCalls);
        _http = new(new SocketsHttpHandler
        {
            ConnectCallback = (context, cancellation) => HookAddresses.Connect(context.DnsEndPoint, networks, cancellation),
            AllowAutoRedirect = false, // a redirect would lead around the check of the address
            UseProxy = false,
            UseCookies = false,
            MaxResponseHeadersLength = 16, // KiB
            MaxResponseDrainSize = 0,
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
            ActivityHeadersPropagator = null, // inside names of ours are nobody's business
        })
        { Timeout = System.Threading.Timeout.InfiniteTimeSpan };
    }

    public async Task<HookVerdict> Handle(string target, HookPayload payload, CancellationToken cancellation)
    {
        if (HookAddresses.Refuse(target, _options.AllowHttp) is { } refusal) return HookVerdict.Failed(refusal.Detail);
        if (!_breaker.TryEnter(target)) return HookVerdict.Failed($"it failed {_options.BreakerFailures} times in a row and is left alone for {_options.BreakerPause.TotalSeconds:0} s.");
        if (!await _places.WaitAsync(TimeSpan.Zero, cancellation)) return HookVerdict.Failed($"{_options.MaximumConcurrentCalls} calls are under way already. Retry with back-off.");

        try
        {
            var verdict = await Call(target, payload, cancellation);
            if (verdict.Outcome == HookOutcome.Failed) _breaker.Failed(target);
            else _breaker.Succeeded(target);
            return verdict;
        }
        finally
        {
            _places.Release();
        }
    }

    public void Dispose()
    {
        _http.Dispose();
        _places.Dispose();
    }

    async Task<HookVerdict> Call(string target, HookPayload payload, CancellationToken cancellation)
    {
        using var timeout = new CancellationTokenSource(_options.Timeout, _clock);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        try
        {
            using var request = Request(target, payload);
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, deadline.Token);
            var status = (int)response.StatusCode;
            if (status is >= 300 and < 400) return HookVerdict.Failed($"it answered {status}, and redirects are not followed.", status);
            if (status is < 200 or >= 300) return HookVerdict.Failed($"it answered {status}.", status);
            return await Read(response, deadline.Token) is { } answer
                ? HookPayload.Read(answer, status)
                : HookVerdict.Failed($"its answer has more than {_options.MaximumResponseBytes} bytes.", status);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return HookVerdict.Failed($"it did not answer within {_options.Timeout.TotalSeconds:0.#} s.");
        }
        catch (HttpRequestException failure)
        {
            return HookVerdict.Failed(failure.InnerException is HookAddressException blocked ? blocked.Message : $"it could not be reached ({failure.HttpRequestError}).");
        }
        catch (Exception failure) when (failure is IOException or HookAddressException or System.Net.Sockets.SocketException)
        {
            return HookVerdict.Failed("the connection to it failed.");
        }
    }

    HttpRequestMessage Request(string target, HookPayload payload)
    {
        var (body, at) = (payload.Write(), _clock.GetUtcNow().ToUnixTimeSeconds());
        var request = new HttpRequestMessage(HttpMethod.Post, target) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Add("x-fleet-timestamp", at.ToString(CultureInfo.InvariantCulture));
        request.Headers.Add("x-fleet-signature", HookPayload.Sign(_key, at, body));
        return request;
    }

    // Null when it is longer than allowed; no more than that is ever kept.
    async Task<ReadOnlyMemory<byte>?> Read(HttpResponseMessage response, CancellationToken cancellation)
    {
        if (response.Content.Headers.ContentLength > _options.MaximumResponseBytes) return null;
        var buffer = new byte[_options.MaximumResponseBytes + 1];
        await using var stream = await response.Content.ReadAsStreamAsync(cancellation);
        var length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellation);
        if (length > _options.MaximumResponseBytes) return null;
        return new ReadOnlyMemory<byte>(buffer, 0, length);
    }
}

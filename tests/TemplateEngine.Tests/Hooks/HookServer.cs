using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace FleetPlatform.TemplateEngine.Tests.Hooks;

/// <summary>A webhook of somebody else, which behaves as its path says.</summary>
public sealed class HookServer : IAsyncLifetime
{
    readonly TaskCompletionSource _released = new();
    WebApplication _app = null!;

    public static byte[] Key { get; } = [.. Enumerable.Range(0, 32).Select(number => (byte)number)];

    public string Address { get; private set; } = "";

    public ConcurrentQueue<(string Path, IReadOnlyDictionary<string, string> Headers, byte[] Body)> Calls { get; } = new();

    public JsonNode[] CallsOf(string path) => [.. Calls.Where(call => call.Path == path).Select(call => JsonNode.Parse(call.Body)!)];

    /// <summary>Lets everyone go who waits on /hang.</summary>
    public void Release() => _released.TrySetResult();

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        _app = builder.Build();
        _app.Run(Serve);
        await _app.StartAsync();
        Address = _app.Urls.First();
    }

    public async ValueTask DisposeAsync()
    {
        Release();
        await _app.DisposeAsync();
    }

    async Task Serve(HttpContext http)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body);
        var path = http.Request.Path.Value!;
        Calls.Enqueue((path, http.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase), body.ToArray()));
        switch (path[(path.LastIndexOf('/') + 1)..])
        {
            case "hang":
                await _released.Task.WaitAsync(http.RequestAborted);
                break;
            case "redirect":
                http.Response.StatusCode = 307;
                http.Response.Headers.Location = "/allow";
                break;
            case "large":
                var chunk = Encoding.ASCII.GetBytes(new string(' ', 64 * 1024));
                for (var sent = 0; sent < 10 * 1024 * 1024; sent += chunk.Length) await http.Response.Body.WriteAsync(chunk, http.RequestAborted);
                break;
            case "error":
                http.Response.StatusCode = 500;
                break;
            case "override":
                await http.Response.WriteAsync("""{"allowProvisioning": true, "parameterOverrides": {"Location": "Berlin"}}""");
                break;
            case "decline":
                await http.Response.WriteAsync("""{"allowProvisioning": false}""");
                break;
            case "unsafe":
                await http.Response.WriteAsync("""{"allowProvisioning": true, "parameterOverrides": {"Location": "a\u0000b"}}""");
                break;
            default:
                await http.Response.WriteAsync("""{"allowProvisioning": true}""");
                break;
        }
    }
}

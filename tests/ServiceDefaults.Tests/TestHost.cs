using FleetPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace FleetPlatform.ServiceDefaults.Tests;

/// <summary>A service as Program.cs makes one, on a free port.</summary>
sealed class TestHost : IAsyncDisposable
{
    readonly WebApplication _app;

    TestHost(WebApplication app) => _app = app;

    public IServiceProvider Services => _app.Services;

    public HttpClient Http { get; } = new();

    public static async Task<TestHost> Start(
        string service, Action<WebApplicationBuilder> configure, params (string Key, string Value)[] settings)
    {
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Configuration["Messaging:RequestTimeout"] = "00:01:00"; // a busy machine is not what tests are about
        builder.Configuration.AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value)));
        builder.AddServiceDefaults(service);
        builder.Logging.AddFilter<ConsoleLoggerProvider>(level => level == LogLevel.Critical); // failures are what many tests are about
        configure(builder);
        var host = new TestHost(builder.Build());
        host._app.MapDefaultEndpoints();
        await host._app.StartAsync();
        host.Http.BaseAddress = new Uri(host._app.Urls.First());
        return host;
    }

    public T Get<T>() where T : notnull => Services.GetRequiredService<T>();

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}

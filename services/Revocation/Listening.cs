using FleetPlatform.Revocation.Lists;
using FleetPlatform.Revocation.Ocsp;
using FleetPlatform.Revocation.Transparency;

namespace FleetPlatform.Revocation;

/// <summary>The public door: plain HTTP, on a port of its own, for lists, OCSP and the transparency log and nothing else.</summary>
static class Listening
{
    public static void AddPublicDoor(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<RevocationOptions>().Configure<IConfiguration>((options, configuration) =>
        {
            if (int.TryParse(configuration["PKI_PORT"], out var port)) options.PkiPort = port;
        });
        if (!int.TryParse(builder.Configuration["PKI_PORT"], out var own)) return;

        // Beside the addresses that the host would listen on anyway; the host may have named this port among them, on another address.
        var urls = builder.Configuration[WebHostDefaults.ServerUrlsKey] is { Length: > 0 } given ? given
            : string.Join(';', (builder.Configuration[WebHostDefaults.HttpPortsKey] ?? "8080").Split([';', ','], StringSplitOptions.RemoveEmptyEntries).Select(port => $"http://*:{port}"));
        var address = builder.Configuration[$"{RevocationOptions.Section}:{nameof(RevocationOptions.BindAddress)}"] ?? new RevocationOptions().BindAddress;
        var others = urls.Split(';', StringSplitOptions.RemoveEmptyEntries).Where(url => BindingAddress.Parse(url).Port != own);
        builder.WebHost.UseUrls([.. others, $"http://{(address.Contains(':', StringComparison.Ordinal) ? $"[{address}]" : address)}:{own}"]);
    }

    public static void MapPublicDoor(this WebApplication app)
    {
        if (app.Services.GetRequiredService<RevocationOptions>().PkiPort is { } port)
            app.Use((http, next) =>
            {
                var isHealth = http.Request.Path.StartsWithSegments("/health", StringComparison.Ordinal) || http.Request.Path.StartsWithSegments("/alive", StringComparison.Ordinal);
                if (http.Connection.LocalPort != port || !isHealth) return next(http);
                http.Response.StatusCode = StatusCodes.Status404NotFound; // the inside is nobody's business out there
                return Task.CompletedTask;
            });
        app.MapLists();
        app.MapOcsp();
        app.MapLog();
    }
}

using System.Net;
using FleetPlatform.Pki;
using FleetPlatform.Revocation.Lists;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FleetPlatform.Revocation.Tests.Lists;

/// <summary>Lists as a client or a cache fetches them.</summary>
public sealed class ServeListsTests
{
    /// <summary>
    /// Peers 3.2 case 15 (one list taken for another: each has an address of its own, in the certificate, and says inside whose and which it is), 14 (DER and PEM) and 16 (plain HTTP, cacheable).
    /// </summary>
    [Fact]
    public async Task Every_list_has_its_own_address_and_says_inside_which_it_is()
    {
        await using var service = await RevocationUnderTest.Start();
        using var authority = new StandInAuthority();
        await service.ListClock(authority).CutAllDue(default);
        await using var site = await Serve(service, authority);
        using var http = new HttpClient { BaseAddress = new(site.Urls.Single()) };

        var lists = new HashSet<string>();
        foreach (var name in (string[])["0", "1", "2", "full"])
        {
            using var answer = await http.GetAsync($"/issuing-1/{name}.crl");
            answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/pkix-crl");
            answer.Headers.CacheControl!.Public.ShouldBeTrue();
            answer.Headers.CacheControl.MaxAge!.Value.ShouldBeLessThanOrEqualTo(TimeSpan.FromMinutes(1));
            var der = await answer.Content.ReadAsByteArrayAsync();
            lists.Add(Convert.ToHexString(der)).ShouldBeTrue();
            if (name != "full") System.Text.Encoding.ASCII.GetString(der).ShouldContain($"http://pki.test/issuing-1/{name}.crl", Case.Sensitive, "the issuing distribution point");

            var pem = await http.GetStringAsync($"/issuing-1/{name}.pem");
            Pem.TryReadOnly(pem, SignedRevocationList.Label).ShouldBe(der);

            using var again = new HttpRequestMessage(HttpMethod.Get, $"/issuing-1/{name}.crl") { Headers = { IfNoneMatch = { answer.Headers.ETag! } } };
            (await http.SendAsync(again)).StatusCode.ShouldBe(HttpStatusCode.NotModified);
            using var other = new HttpRequestMessage(HttpMethod.Get, $"/issuing-1/{name}.pem") { Headers = { IfNoneMatch = { answer.Headers.ETag! } } };
            (await http.SendAsync(other)).StatusCode.ShouldBe(HttpStatusCode.OK, "another form is another thing");
        }

        foreach (var unknown in (string[])["/issuing-2/0.crl", "/issuing-1/3.crl", "/issuing-1/0", "/issuing-1/0.txt", "/issuing-1/..%2F0.crl"])
            (await http.GetAsync(unknown)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    static async Task<WebApplication> Serve(RevocationUnderTest service, StandInAuthority authority)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton(service.Source).AddSingleton(TimeProvider.System).AddSingleton(new Authorities(authority, TimeProvider.System));
        var site = builder.Build();
        site.MapLists();
        await site.StartAsync();
        return site;
    }
}

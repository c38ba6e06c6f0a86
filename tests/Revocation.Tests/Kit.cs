using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FleetPlatform.Contracts;
using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Contracts.Revocation;
using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.Events;
using FleetPlatform.Pki;
using FleetPlatform.PostgresKit;
using FleetPlatform.Revocation.Certificates;
using FleetPlatform.Revocation.Issued;
using FleetPlatform.Revocation.Lists;
using FleetPlatform.Revocation.Orders;
using FleetPlatform.Revocation.Tests.Lists;
using FleetPlatform.Revocation.Transparency;
using FleetPlatform.ServiceDefaults;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace FleetPlatform.Revocation.Tests;

/// <summary>The service's insides on a real PostgreSQL; only the bus ends at a registry that knows what a test tells it.</summary>
sealed class RevocationUnderTest : IAsyncDisposable
{
    readonly PostgresDatabase _database;
    readonly FleetService _service = new("revocation");

    RevocationUnderTest(PostgresDatabase database)
    {
        _database = database;
        Source = EventStore.CreateDataSource(database.ConnectionString);
        Store = new(Source, new()
        {
            EventTypes = EventNames.All, InlineProjections = { new TrustTable(), new OrdersTable(), new IssuedTable(), new ListTables(), new LogTables() },
        });
        Issued = new(Source);
        Selection = new(Issued, Registry);
    }

    public NpgsqlDataSource Source { get; }
    public EventStore Store { get; }
    public IssuedCertificates Issued { get; }
    public Selection Selection { get; }
    public StandInRegistry Registry { get; } = new();

    public static async Task<RevocationUnderTest> Start()
    {
        var service = new RevocationUnderTest(await PostgresDatabase.Create());
        await service.Store.EnsureSchemaAsync();
        return service;
    }

    public CarryOut CarryOut(int page = 250) => new(Store, Selection, Registry, new() { OrderPage = page }, TimeProvider.System);

    /// <summary>Places an order and carries it out to its end.</summary>
    public async Task<Order> Orders(CertificateSelector selector, TrustAction action, RevocationReason reason = default, string? id = null, int page = 250)
    {
        var orderId = id ?? Guid.CreateVersion7().ToString("N");
        var placed = await Revocation.Orders.PlaceRevocationOrder.Handle(
            new() { OrderId = orderId, Selector = selector, Action = action, Reason = reason, RequestedBy = "operator" }, Store, TimeProvider.System, default);
        placed.Refusal.ShouldBeNull();
        var carryOut = CarryOut(page);
        while (await carryOut.NextPage(orderId, default))
        {
        }

        return await Store.AggregateStreamAsync<Order, OrderEvent>(Order.StreamOf(orderId));
    }

    /// <summary>What cuts the lists, signed by a stand-in authority.</summary>
    public ListClock ListClock(StandInAuthority authority)
    {
        authority.Source = Source;
        var options = new RevocationOptions();
        return new(new CutList(Store, Source, authority, options, TimeProvider.System), new Authorities(authority, TimeProvider.System), Store, Source, options,
            _service, TimeProvider.System, NullLogger<ListClock>.Instance);
    }

    /// <summary>News of certificates that a claim was given.</summary>
    public async Task<IReadOnlyList<IssuedCertificate>> Issues(int count, string claim, string issuer = "issuing-1")
    {
        var pem = ACertificate();
        var items = Enumerable.Range(0, count).Select(_ => new IssuedCertificate
        {
            EventId = Guid.CreateVersion7(), CertificateId = AnId(), CertificatePem = pem, Purpose = CertificatePurpose.Device,
            SerialNumber = SerialNumber.Draw(0x02).ToString(), IssuerId = issuer, NotBefore = DateTimeOffset.UnixEpoch,
            NotAfter = DateTimeOffset.UnixEpoch.AddYears(100), IssuedAt = DateTimeOffset.UnixEpoch, FlowId = new('f', 32), RequestedBy = claim,
        }).ToArray();
        foreach (var chunk in items.Chunk(256)) await Issued.Add(new() { Items = chunk }, default);
        return items;
    }

    public async Task<RevocationReason?> ReasonOf(string certificateId) =>
        (await Store.AggregateStreamAsync<CertificateTrust, RevocationEvent>(CertificateTrust.StreamOf(certificateId))).Reason;

    public static string AnId() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    static string ACertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=device", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        return certificate.ExportCertificatePem() + "\n";
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        _service.Dispose();
        await Source.DisposeAsync();
        await _database.DisposeAsync();
    }
}

/// <summary>The thing registry at the end of the bus.</summary>
sealed class StandInRegistry : IAsk
{
    public Dictionary<string, string[]> ThingsOf { get; } = new(StringComparer.Ordinal);
    public List<string> Deactivated { get; } = [];
    public bool IsAway { get; set; }

    public Task<Answer<TAnswer>> Ask<TRequest, TAnswer>(TRequest request, CancellationToken cancellation = default)
        where TRequest : class where TAnswer : class
    {
        if (IsAway) throw new RequestUnavailableException("away");
        return Task.FromResult(request switch
        {
            SelectCertificates select => Of<TAnswer>(Select(select)),
            ChangeCertificateStatus change => Change<TAnswer>(change),
            _ => throw new ArgumentOutOfRangeException(nameof(request)),
        });
    }

    public Task<Answer<TAnswer>> Ask<TRequest, TAnswer>(TRequest request, TimeSpan timeout, CancellationToken cancellation = default)
        where TRequest : class where TAnswer : class => Ask<TRequest, TAnswer>(request, cancellation);

    public Task<Answer<TAnswer>> AskService<TRequest, TAnswer>(string service, TRequest request, CancellationToken cancellation = default)
        where TRequest : class where TAnswer : class => throw new RequestUnavailableException(service);

    CertificatesSelected Select(SelectCertificates select)
    {
        var found = ThingsOf.Where(pair => select.Selector is { } selector ? pair.Value.Contains(selector.Value) : select.CertificateIds.Contains(pair.Key))
            .Where(pair => select.After is null || string.CompareOrdinal(pair.Key, select.After) > 0)
            .OrderBy(pair => pair.Key, StringComparer.Ordinal).Take(select.Limit)
            .Select(pair => new SelectedCertificate { CertificateId = pair.Key, ThingNames = pair.Value }).ToArray();
        return new() { Items = found, Next = found.Length == select.Limit ? found[^1].CertificateId : null };
    }

    Answer<TAnswer> Change<TAnswer>(ChangeCertificateStatus change) where TAnswer : class
    {
        if (!ThingsOf.ContainsKey(change.CertificateId)) return new(null, Reasons.NotFound.ToRefused("No such certificate."));
        lock (Deactivated) Deactivated.Add(change.CertificateId);
        return Of<TAnswer>(new CertificateDescription
        {
            CertificateId = change.CertificateId, Status = change.Status, CertificatePem = "", CreatedAt = default, LastModifiedAt = default,
            NotBefore = default, NotAfter = default, CustomerVersion = 1,
        });
    }

    static Answer<T> Of<T>(object value) where T : class => new((T)value, null);
}

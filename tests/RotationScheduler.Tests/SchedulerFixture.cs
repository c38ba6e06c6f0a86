using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.Events;
using FleetPlatform.PostgresKit;
using FleetPlatform.RotationScheduler.Campaigns;
using FleetPlatform.RotationScheduler.Certificates;
using FleetPlatform.RotationScheduler.Renewals;
using FleetPlatform.RotationScheduler.Rotations;
using Npgsql;

namespace FleetPlatform.RotationScheduler.Tests;

/// <summary>The service's insides on a real PostgreSQL, without the bus, with a clock that stands until it is moved.</summary>
public sealed class SchedulerFixture : IAsyncLifetime
{
    PostgresDatabase _database = null!;
    NpgsqlDataSource _source = null!;

    internal StandingClock Clock { get; } = new(new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero));
    internal EventStore Store { get; private set; } = null!;
    internal RotationSchedulerOptions Options { get; } = new();
    internal PostgresDatabase Database => _database;
    internal RenewalRules Rules => new(Store);
    internal RecordRegistrations Registrations => new(Store, Rules);
    internal RotationsTable Rotations => new(Store);
    internal NoteUse Uses => new(Store, Rotations, Clock);
    internal AcceptCertificate Accept => new(Store, Rotations, Uses, Rules, Clock);
    internal StartRotation Start => new(Store, Rotations, Clock);
    internal CampaignsTable Campaigns => new(Store);

    public async ValueTask InitializeAsync()
    {
        _database = await PostgresDatabase.Create();
        _source = EventStore.CreateDataSource(_database.ConnectionString);
        var options = new EventStoreOptions { EventTypes = EventNames.All };
        foreach (var table in (IInlineProjection[])[new CertificatesTable(), new RenewalsTable(), new RotationsProjection(), new CampaignsProjection()]) options.InlineProjections.Add(table);
        Store = new(_source, options, Clock);
        await Store.EnsureSchemaAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        await _source.DisposeAsync();
        await _database.DisposeAsync();
    }

    /// <summary>An active certificate of a thing, as the registry tells of it.</summary>
    internal static Registration ARegistration(string thing, DateTimeOffset notAfter, string? template = "birth", string? renewalOf = null, params string[] groups)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=device", key, HashAlgorithmName.SHA256).CreateSelfSigned(notAfter.AddDays(-365), notAfter);
        return new()
        {
            CertificateId = Convert.ToHexStringLower(SHA256.HashData(certificate.RawData)),
            Version = 3,
            ReadAt = notAfter.AddDays(-365),
            RegisteredAt = renewalOf is null ? notAfter.AddDays(-365) : notAfter.AddDays(-364),
            Status = CertificateStatus.Active,
            CertificatePem = certificate.ExportCertificatePem(),
            Things = [new() { ThingName = thing, Groups = groups }],
            TemplateName = template,
            RenewalOf = renewalOf,
        };
    }

    internal async Task SetPolicy(Contracts.RotationScheduler.RenewalPolicy policy)
    {
        (await Store.WriteToAggregate<Renewal, RenewalEvent>(Renewal.StreamOf(policy.Scope), renewal => SetRenewalPolicy.Decide(policy, renewal, Clock.GetUtcNow()))).Refusal.ShouldBeNull();
        await new Reschedule(Store, Rules).Handle(TestContext.Current.CancellationToken);
    }
}

sealed class StandingClock(DateTimeOffset now) : TimeProvider
{
    DateTimeOffset _now = now;

    public override DateTimeOffset GetUtcNow() => _now;

    public void Advance(TimeSpan by) => _now += by;
}

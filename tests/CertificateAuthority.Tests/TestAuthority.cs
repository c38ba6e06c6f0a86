using System.Security.Cryptography;
using FleetPlatform.CertificateAuthority.Certificates;
using FleetPlatform.CertificateAuthority.Issuers;
using FleetPlatform.CertificateAuthority.Keys;
using FleetPlatform.CertificateAuthority.Trust;
using FleetPlatform.Contracts;
using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Events;
using FleetPlatform.Pki;
using FleetPlatform.PostgresKit;
using FleetPlatform.ServiceDefaults;
using Microsoft.Extensions.Logging.Abstractions;
using Command = FleetPlatform.Contracts.CertificateAuthority.IssueCertificate;
using IssueCertificate = FleetPlatform.CertificateAuthority.Certificates.IssueCertificate;
using IssueServerCertificate = FleetPlatform.CertificateAuthority.Certificates.IssueServerCertificate;

namespace FleetPlatform.CertificateAuthority.Tests;

/// <summary>The service on a real PostgreSQL, without the bus.</summary>
sealed class TestAuthority : IAsyncDisposable
{
    public const string Passphrase = "correct horse battery";
    public static readonly string Claim = new('c', 64);

    readonly PostgresDatabase _database;
    readonly FleetService _service = new("certificate-authority");
    readonly RsaPool _pool;

    TestAuthority(PostgresDatabase database, CertificateAuthorityOptions options, DateTimeOffset now)
    {
        Clock = new(now);
        _database = database;
        Options = options;
        Store = new(database.DataSource, new() { EventTypes = EventNames.All, InlineProjections = { new AuthoritiesTable(), new KeysTable(), new PreparedMark(), new SubjectsProjection([FlowSteps.SubjectsOf]) } }, Clock);
        var metrics = new Metrics(_service);
        _pool = new(options, metrics, TimeProvider.System);
        Ring = new();
        Sign = new(Store, Ring, Clock);
        Rules = new(Store, new(options), options, Clock);
        Issue = new(Store, Sign, Ring, new(options), Rules, _pool, new(options, Clock), new() { Key = Convert.ToBase64String(TokenKey) }, options, metrics, Clock);
        IssueServer = new(Sign, Ring, new(options), metrics, Clock);
        Finish = AnotherFinisher();
    }

    public byte[] TokenKey { get; } = RandomNumberGenerator.GetBytes(32);
    public ManualClock Clock { get; }
    public CertificateAuthorityOptions Options { get; }
    public EventStore Store { get; }
    public IssuerRing Ring { get; }
    public SignPrepared Sign { get; }
    public KeyRules Rules { get; }
    public IssueCertificate Issue { get; }
    public IssueServerCertificate IssueServer { get; }
    public FinishPrepared Finish { get; }
    public SealedSecretOpener Gateway { get; } = new();

    /// <summary>What another replica has.</summary>
    public FinishPrepared AnotherFinisher() => new(Store, Ring, Rules, Options, Clock, NullLogger<FinishPrepared>.Instance);

    public static string AFolder() => Directory.CreateTempSubdirectory("authority-tests-").FullName;

    /// <param name="makesKeys">Makes its root and keys itself, as a first start without a ceremony does; else it finds a copy of <see cref="Ceremony"/>.</param>
    public static async Task<TestAuthority> Start(Func<string, CertificateAuthorityOptions>? options = null, DateTimeOffset? now = null, bool makesKeys = false)
    {
        var folder = AFolder();
        var authority = new TestAuthority(await PostgresDatabase.Create(), options?.Invoke(folder) ?? Defaults(folder), now ?? Ceremony.At);
        if (!makesKeys) Ceremony.Leave(folder);
        await authority.Store.EnsureSchemaAsync();
        await authority.Opening().StartAsync(CancellationToken.None);
        await authority._pool.StartAsync(CancellationToken.None);
        return authority;
    }

    public static CertificateAuthorityOptions Defaults(string folder) =>
        new() { DataDirectory = folder, KeyPassphrase = Passphrase, RsaPoolSize = 0 };

    public IssuerKeyStores Keys => StoresOf(Options);

    public static IssuerKeyStores StoresOf(CertificateAuthorityOptions options) => new(new(options), new(options));

    public OpenIssuers Opening() => new(new(Store, Keys, Options, Clock, NullLogger<CreateIssuers>.Instance), Store, Keys, Ring, Options);

    public static Command Asking(string? csr, string? flowId = null, CertificatePurpose purpose = CertificatePurpose.Device) => new()
    {
        Flow = new()
        {
            FlowId = flowId ?? Guid.CreateVersion7().ToString("N"), SessionId = Guid.CreateVersion7().ToString("N"), PrincipalId = Claim, ClientId = "factory-1",
        },
        Purpose = purpose,
        CertificateSigningRequest = csr,
    };

    public Command AskingForKeys(KeyAlgorithm algorithm = KeyAlgorithm.EcdsaP256, string? flowId = null) =>
        Asking(csr: null, flowId) with { KeyAlgorithm = algorithm, SealTo = Gateway.PublicKey };

    public static string ACsr(string name = "SN-0042")
    {
        using var key = KeyPair.CreateEcdsaP256();
        return key.CreateSigningRequest(name);
    }

    public Task<IssueCertificateAnswer> Handle(Command command) => Issue.Handle(command, CancellationToken.None);

    public async Task<IReadOnlyList<RecordedEvent>> Issuance(string flowId) => await Store.FetchStreamAsync(StreamOf(flowId));

    /// <summary>Records the intent of a certificate, as an issuer does that dies right afterwards.</summary>
    public async Task<CertificatePrepared> DiesAfterPreparing(KeyOrigin origin = KeyOrigin.Requester, string? flowId = null, KeyPair? key = null)
    {
        using var fresh = KeyPair.CreateEcdsaP256();
        var prepared = Ring.Active.Signer.Prepare(new Profiles(Options).Of(CertificatePurpose.Device), SubjectName.OfCommonName("SN-1"),
            (key ?? fresh).SubjectPublicKeyInfo, [], Clock.GetUtcNow());
        var intent = new CertificatePrepared
        {
            FlowId = flowId ?? Guid.CreateVersion7().ToString("N"), SerialNumber = prepared.SerialNumber, IssuerId = Ring.Active.Id, Profile = "device",
            KeyOrigin = origin, Tbs = prepared.Tbs, RequestedBy = Claim, PreparedAt = Clock.GetUtcNow(),
        };
        var session = Store.OpenSession();
        session.StartStream(StreamOf(intent.FlowId), intent);
        await session.SaveChangesAsync();
        return intent;
    }

    static StreamId StreamOf(string flowId) => StreamId.Of("issuance", flowId);

    public Task<T> Scalar<T>(string sql) => _database.Scalar<T>(sql);

    public async ValueTask DisposeAsync()
    {
        await _pool.StopAsync(CancellationToken.None);
        await Store.DisposeAsync();
        await _database.DisposeAsync();
        Ring.Dispose();
        Gateway.Dispose();
        _service.Dispose();
        if (Directory.Exists(Options.DataDirectory)) Directory.Delete(Options.DataDirectory, recursive: true);
    }
}

/// <summary>Time that passes when the test says so.</summary>
sealed class ManualClock(DateTimeOffset now) : TimeProvider
{
    DateTimeOffset _now = now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => _now;

    public override long GetTimestamp() => _now.UtcTicks;

    public void Advance(TimeSpan by) => _now += by;
}

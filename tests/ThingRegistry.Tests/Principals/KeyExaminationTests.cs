using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Pki;
using FleetPlatform.ThingRegistry.Principals;

namespace FleetPlatform.ThingRegistry;

/// <summary>Keys of certificates that somebody else has signed. Peers 3.2 case 32.</summary>
public sealed class KeyExaminationTests(RegistryFixture fixture) : IClassFixture<RegistryFixture>
{
    static readonly string Pem = A.CertificatePem();

    [Fact]
    public void The_next_certificate_of_a_device_may_have_its_key_and_another_devices_may_not()
    {
        var certificate = CertificateText.ReadPem(Pem);
        var another = CertificateText.ReadPem(Named("CN=other"));

        KeyExamination.Decide(certificate, [], []).ShouldBeNull();
        KeyExamination.Decide(certificate, [], [Registered(PrincipalStatus.Active)]).ShouldBeNull("the same subject: the device has renewed elsewhere");
        KeyExamination.Decide(another, [], [Registered(PrincipalStatus.Active)])!.Code.ShouldBe(Reasons.KeyShared.Code);
        KeyExamination.Decide(another, [], [Registered(PrincipalStatus.Revoked)]).ShouldBeNull("the other one is gone");
        KeyExamination.Decide(another, [], [Registered(PrincipalStatus.Inactive)]).ShouldBeNull();
        KeyExamination.Decide(certificate, [Thing("a")], [Registered(PrincipalStatus.Active, "a")]).ShouldBeNull("two certificates of one thing");
        KeyExamination.Decide(certificate, [Thing("a")], [Registered(PrincipalStatus.Active, "b")])!.Code.ShouldBe(Reasons.KeyShared.Code, "clones whose firmware names them all alike");
    }

    /// <summary>Peers 3.2 case 32, at the same instant.</summary>
    [Fact]
    public async Task Of_many_certificates_on_one_key_registered_at_once_one_is_registered()
    {
        using var key = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        string[] certificates = [.. Enumerable.Range(0, 10).Select(i => Named($"CN=device-{i}", key))];
        var keys = new KeyExamination(fixture.Registry, new Authority(), new());

        var refusals = await Task.WhenAll(certificates.Select(pem => Task.Run(() => Register(keys, pem))));

        refusals.Count(refusal => refusal is null).ShouldBe(1);
        refusals.OfType<Refusal>().ShouldAllBe(refusal => refusal.Code == Reasons.KeyShared.Code || refusal.Code == Reasons.Unavailable.Code);
        (await Register(keys, certificates[0]))!.Code.ShouldBeOneOf(Reasons.KeyShared.Code, Reasons.AlreadyExists.Code);
    }

    Task<Refusal?> Register(KeyExamination keys, string pem) => keys.Guard<Refusal?>(FleetPlatform.Pki.Pem.ReadCertificate(pem), refusal => refusal, async () =>
        (await Principals.RegisterCertificate.Handle(new() { CertificatePem = pem, Status = CertificateStatus.Active, RequestedBy = "test" }, fixture.Registry, new(), default)).Written.Refusal, default);

    static Principal Registered(PrincipalStatus status, params string[] things) =>
        Principal.Initial with { Status = status, CertificatePem = Pem, Things = [.. things.Select(Thing)] };

    static AttachedThing Thing(string name) => new(name, Guid.Empty, Exclusive: false);

    static string Named(string subject)
    {
        using var key = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        return Named(subject, key);
    }

    static string Named(string subject, System.Security.Cryptography.ECDsa key)
    {
        using var certificate = new System.Security.Cryptography.X509Certificates.CertificateRequest(subject, key, System.Security.Cryptography.HashAlgorithmName.SHA256)
            .CreateSelfSigned(A.Noon.AddDays(-1), A.Noon.AddYears(1));
        return certificate.ExportCertificatePem() + "\n";
    }

    /// <summary>The authority at the end of the bus: it knows nothing against any key.</summary>
    sealed class Authority : IAsk
    {
        public Task<Answer<TAnswer>> Ask<TRequest, TAnswer>(TRequest request, CancellationToken cancellation = default) where TRequest : class where TAnswer : class =>
            Task.FromResult(new Answer<TAnswer>((TAnswer)(object)new KeysExamined { Items = [new() { CertificateIds = [] }] }, null));

        public Task<Answer<TAnswer>> Ask<TRequest, TAnswer>(TRequest request, TimeSpan timeout, CancellationToken cancellation = default) where TRequest : class where TAnswer : class =>
            Ask<TRequest, TAnswer>(request, cancellation);

        public Task<Answer<TAnswer>> AskService<TRequest, TAnswer>(string service, TRequest request, CancellationToken cancellation = default) where TRequest : class where TAnswer : class =>
            throw new RequestUnavailableException(service);
    }
}

using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FleetPlatform.Contracts.CertificateAuthority;

namespace FleetPlatform.ThingRegistry;

/// <summary>Things to test with; a test says only what it is about.</summary>
static class A
{
    public static DateTimeOffset Noon { get; } = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    public const string Document = """{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:Connect","Resource":"*"}]}""";

    public static string DocumentFor(string client) =>
        $$"""{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:Connect","Resource":"arn:aws:iot:us-east-1:123456789012:client/{{client}}"}]}""";

    public static string CertificateId() => Convert.ToHexStringLower(SHA256.HashData(Guid.CreateVersion7().ToByteArray()));

    public static string Name(string prefix) => $"{prefix}-{Guid.CreateVersion7():N}";

    public static CreatePolicy Policy(string name, string? document = null) => new() { PolicyName = name, PolicyDocument = document ?? Document, RequestedBy = "test" };

    public static CreateThing Thing(string name, string? type = null, params (string Name, string Value)[] attributes) =>
        new() { ThingName = name, ThingTypeName = type, Attributes = attributes.ToDictionary(a => a.Name, a => a.Value), RequestedBy = "test" };

    public static ApplyProvisioning Provisioning(string certificateId, string? thing = null, params string[] policies) => new()
    {
        Flow = new() { FlowId = Guid.CreateVersion7().ToString("N"), SessionId = new('5', 32), PrincipalId = new('c', 64), ClientId = "client" },
        CertificateId = certificateId,
        TemplateName = "birth",
        TemplateVersion = 1,
        Thing = thing is null ? null : new() { ThingName = thing },
        Policies = [.. policies.Select(name => new PolicyToApply { PolicyName = name })],
    };

    public static IssuedCertificate Issued(string certificateId, DateTimeOffset? at = null) => new()
    {
        EventId = Guid.CreateVersion7(),
        CertificateId = certificateId,
        CertificatePem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
        Purpose = CertificatePurpose.Device,
        SerialNumber = "01",
        IssuerId = "1",
        NotBefore = (at ?? Noon).AddHours(-1),
        NotAfter = (at ?? Noon).AddYears(20),
        IssuedAt = at ?? Noon,
        FlowId = new('f', 32),
        RequestedBy = new('c', 64),
    };

    public static Contracts.Revocation.CertificateTrustChange TrustChange(string certificateId, Contracts.Revocation.RevocationReason? reason, long version = 1) =>
        new() { CertificateId = certificateId, Version = version, Reason = reason, At = Noon };

    public static string CertificatePem(DateTimeOffset? notAfter = null, bool authority = false)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=device", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(authority, false, 0, critical: true));
        using var certificate = request.CreateSelfSigned(Noon.AddDays(-2), notAfter ?? Noon.AddYears(1));
        return certificate.ExportCertificatePem() + "\n";
    }

    public static RegisterCertificate Registration(string pem, CertificateStatus status = CertificateStatus.Active, string? claimFor = null) =>
        new() { CertificatePem = pem, Status = status, ClaimForTemplate = claimFor, RequestedBy = "test" };
}

static class Folding
{
    public static TAggregate Fold<TAggregate, TEvent>(this TAggregate state, IEnumerable<TEvent> events)
        where TAggregate : IAggregate<TAggregate, TEvent> where TEvent : class =>
        events.Aggregate(state, (current, @event) => current.Evolve(@event));

    /// <summary>Asking twice records once: nothing follows from the same question on the state that its answer left.</summary>
    public static bool IsIdempotent<TAggregate, TEvent>(this TAggregate state, Func<TAggregate, Decision<TEvent>> decide)
        where TAggregate : IAggregate<TAggregate, TEvent> where TEvent : class =>
        decide(state.Fold(decide(state).Events)).Events.Count == 0;

    /// <summary>State as text, to compare by value.</summary>
    public static string Text(this object state) => EventJson.Write(state);
}

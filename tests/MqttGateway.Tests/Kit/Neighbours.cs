using System.Collections.Concurrent;
using FleetPlatform.Contracts;
using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Contracts.Revocation;
using FleetPlatform.Contracts.RotationScheduler;
using FleetPlatform.Contracts.TemplateEngine;
using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.Pki;
using FleetPlatform.ServiceDefaults;

namespace FleetPlatform.MqttGateway.Tests.Kit;

/// <summary>The other services as this one sees them: at the end of the bus. Each answers as its contract says, or as a test tells it.</summary>
sealed class Neighbours : IAsk
{
    readonly ConcurrentDictionary<string, PrincipalGrant> _grants = [];

    public Neighbours()
    {
        Registry = new(item => Task.FromResult(new FindPrincipalAnswer { Grant = _grants.GetValueOrDefault(item.CertificateId) }));
        Authority = new(item => Task.FromResult(Issue(item)));
        Engine = new(item => Task.FromResult(Provision(item)));
        Registrar = new(item => Task.FromResult(new AdmitCertificateAnswer
        {
            Grant = Grant(AGrant(CertificateId.Of(item.Certificate)) with
            {
                Status = CertificateStatus.PendingActivation,
                CaCertificateId = item.CaCertificateId,
                Mode = item.Mode,
                Policies = [],
            }),
        }));
        JustInTime = new(item => Task.FromResult(new ProvisionThingAnswer
        {
            ThingName = "thing", Grant = Grant(AGrant(CertificateId.Of(item.Certificate), Allow("iot:*", "*")) with { Version = 2, CaCertificateId = item.CaCertificateId }),
        }));
    }

    public Neighbour<FindPrincipal, FindPrincipalAnswer> Registry { get; }
    public Neighbour<IssueCertificate, IssueCertificateAnswer> Authority { get; }
    public Neighbour<ProvisionThing, ProvisionThingAnswer> Engine { get; }
    public Neighbour<AdmitCertificate, AdmitCertificateAnswer> Registrar { get; }
    public Neighbour<ProvisionCertificate, ProvisionThingAnswer> JustInTime { get; }

    /// <summary>What the authority says of own CAs.</summary>
    public List<TrustedAuthorityDescription> Authorities { get; } = [];

    /// <summary>The thing registry knows this grant from now on.</summary>
    public PrincipalGrant Grant(PrincipalGrant grant) => _grants[grant.CertificateId] = grant;

    public PrincipalGrant Grant(TestCertificate certificate, params string[] statements) => Grant(AGrant(certificate.Id, statements));

    public void Forget(string certificateId) => _grants.TryRemove(certificateId, out _);

    public static PrincipalGrant AGrant(string certificateId, params string[] statements) => new()
    {
        CertificateId = certificateId,
        Status = CertificateStatus.Active,
        Version = 1,
        Policies = [APolicy("policy-" + certificateId[..8], statements)],
        Things = [],
    };

    public static PolicyGrant APolicy(string name, params string[] statements) => new()
    {
        PolicyName = name,
        VersionId = "1",
        Document = $$"""{"Version":"2012-10-17","Statement":[{{string.Join(",", statements)}}]}""",
    };

    public static string Allow(string action, string resource) => Statement("Allow", action, resource);

    public static string Deny(string action, string resource) => Statement("Deny", action, resource);

    /// <summary>The claim policy of AWS's documentation (aws-protocol 1.10), for both kinds of creation.</summary>
    public static string[] ClaimPolicy(string template = "sensor") =>
    [
        Allow("iot:Connect", "*"),
        .. from topic in new[] { "$aws/certificates/create/*", "$aws/certificates/create-from-csr/*", $"$aws/provisioning-templates/{template}/provision/*" }
           from statement in new[] { Allow("iot:Publish", "topic/" + topic), Allow("iot:Receive", "topic/" + topic), Allow("iot:Subscribe", "topicfilter/" + topic) }
           select statement,
    ];

    static string Statement(string effect, string action, string resource) =>
        $$"""{"Effect":"{{effect}}","Action":"{{action}}","Resource":"{{(resource == "*" ? "*" : "arn:aws:iot:us-east-1:123456789012:" + resource)}}"}""";

    static IssueCertificateAnswer Issue(IssueCertificate item)
    {
        if (item.CertificateSigningRequest is { } csr)
        {
            try
            {
                return Issued(item, TestAuthority.Certify(csr, []), null);
            }
            catch (PkiException refusal)
            {
                return new() { Refused = new() { Code = refusal.Code, Detail = refusal.Message } };
            }
        }

        using var key = KeyPair.CreateEcdsaP256();
        var pem = TestAuthority.Certify(key.CreateSigningRequest("made here"), []);
        return Issued(item, pem, SealedSecret.Seal(item.SealTo!, key.ExportPrivateKeyPem(), item.Flow.FlowId));
    }

    static IssueCertificateAnswer Issued(IssueCertificate item, string pem, byte[]? sealedKey) => new()
    {
        CertificateId = CertificateId.Of(Pem.ReadCertificate(pem)),
        CertificatePem = pem,
        OwnershipToken = item.Flow.FlowId.PadRight(162, 'T'),
        SealedPrivateKey = sealedKey,
    };

    ProvisionThingAnswer Provision(ProvisionThing item) => item.OwnershipToken.Length == 0
        ? new() { Refused = Reasons.TokenMissing.ToRefused("Certificate ownership token cannot be empty.") }
        : new()
        {
            ThingName = "thing-" + item.Parameters.GetValueOrDefault("SerialNumber", "none"),
            DeviceConfiguration = new Dictionary<string, string> { ["endpoint"] = "here" },
            Grant = NextGrant,
        };

    /// <summary>What the template engine's next answers carry.</summary>
    public PrincipalGrant? NextGrant { get; set; }

    public Task<Answer<TAnswer>> Ask<TRequest, TAnswer>(TRequest request, CancellationToken cancellation = default)
        where TRequest : class where TAnswer : class
    {
        if (request is ListUntrusted untrusted)
        {
            if (RevocationIsAway) throw new RequestUnavailableException("revocation");
            if (RevocationIsGarbled) throw new System.Text.Json.JsonException("not what was asked for");
            return Task.FromResult(new Answer<TAnswer>((TAnswer)(object)List(untrusted.After), null));
        }

        if (request is FindTrustedAuthorities) return Task.FromResult(new Answer<TAnswer>((TAnswer)(object)new TrustedAuthoritiesFound { Items = [.. Authorities] }, null));
        var asked = (IssueServerCertificate)(object)request;
        ServerCertificates++;
        object answer = new ServerCertificateIssued
        {
            CertificatePem = TestAuthority.Certify(asked.CertificateSigningRequest, asked.Names),
            ChainPem = [],
            RootPem = TestAuthority.RootPem,
        };
        return Task.FromResult(new Answer<TAnswer>((TAnswer)answer, null));
    }

    public int ServerCertificates { get; private set; }

    public Task<Answer<TAnswer>> Ask<TRequest, TAnswer>(TRequest request, TimeSpan timeout, CancellationToken cancellation = default)
        where TRequest : class where TAnswer : class => request is FindRenewalGrace grace
        ? Task.FromResult(Graces.TryGetValue(grace.CertificateId, out var given)
            ? new Answer<TAnswer>((TAnswer)(object)given, null)
            : new Answer<TAnswer>(null, Reasons.CertificateExpired.ToRefused("No renewal policy lets it renew.")))
        : Task.FromResult(new Answer<TAnswer>((TAnswer)(object)new HookedThingProvisioned { Answer = Provision(((ProvisionHookedThing)(object)request).Item) }, null));

    /// <summary>Expired certificates that the scheduler's policies let renew.</summary>
    public ConcurrentDictionary<string, RenewalGrace> Graces { get; } = [];

    /// <summary>The revocation service does not answer.</summary>
    public bool RevocationIsAway { get; set; }

    /// <summary>What the revocation service answers cannot be read.</summary>
    public bool RevocationIsGarbled { get; set; }

    readonly List<CertificateTrustChange> _changes = [];

    /// <summary>The revocation service knows this from now on; nobody was told.</summary>
    public CertificateTrustChange Revoked(string certificateId, RevocationReason? reason = RevocationReason.KeyCompromise)
    {
        lock (_changes)
        {
            var change = new CertificateTrustChange { CertificateId = certificateId, Version = _changes.Count + 1, Reason = reason, At = DateTimeOffset.UtcNow };
            _changes.Add(change);
            return change;
        }
    }

    UntrustedListed List(long after)
    {
        lock (_changes) return new() { Items = [.. _changes.Skip((int)after)], Position = _changes.Count, More = false };
    }

    public Task<Answer<TAnswer>> AskService<TRequest, TAnswer>(string service, TRequest request, CancellationToken cancellation = default)
        where TRequest : class where TAnswer : class => throw new RequestUnavailableException(service);
}

/// <summary>One service at the end of the bus.</summary>
sealed class Neighbour<TItem, TAnswer>(Func<TItem, Task<TAnswer>> answer) : IBatcher<TItem, TAnswer> where TItem : class where TAnswer : class
{
    public ConcurrentQueue<TItem> Asked { get; } = [];

    /// <summary>Replaces how it answers; null: as at first.</summary>
    public Func<TItem, Task<TAnswer>>? Instead { get; set; }

    public Task<TAnswer> Ask(TItem item, CancellationToken cancellation = default)
    {
        Asked.Enqueue(item);
        return (Instead ?? answer)(item);
    }
}

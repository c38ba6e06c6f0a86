using System.Diagnostics;
using FleetPlatform.Contracts;
using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.Events;
using FleetPlatform.Pki;

namespace FleetPlatform.CertificateAuthority.Trust;

/// <summary>An authority of somebody else, as recorded. Null terms: not registered, or deleted since.</summary>
sealed record TrustedAuthority(
    byte[] Certificate, AuthorityMode Mode, AuthorityTerms? Terms, DateTimeOffset CreatedAt, DateTimeOffset ModifiedAt, int Changes)
    : IAggregate<TrustedAuthority, AuthorityEvent>
{
    public static TrustedAuthority Initial { get; } = new([], AuthorityMode.Default, null, default, default, 0);

    public static StreamId StreamOf(string caCertificateId) => StreamId.Of("authority", caCertificateId);

    public TrustedAuthority Evolve(AuthorityEvent @event) => @event switch
    {
        AuthorityRegistered e => new(e.Certificate, e.Mode, e.Terms, e.At, e.At, 0),
        AuthorityChanged e => this with { Terms = e.Terms, ModifiedAt = e.At, Changes = Changes + 1 },
        AuthorityDeleted => Initial,
        _ => throw new UnreachableException($"No fold for {@event.GetType().Name}."),
    };

    /// <summary>The refusal for an authority that is not registered here.</summary>
    public static Refusal Missing(string caCertificateId) => new(Reasons.NotFound.Code,
        CertificateId.IsWellFormed(caCertificateId) ? $"CA certificate {caCertificateId} is not registered." : "A CA certificate id has 64 lower-case hex digits.");

    public TrustedAuthorityDescription Describe()
    {
        var text = CertificateText.Read(Certificate);
        return new()
        {
            CaCertificateId = CertificateId.Of(Certificate),
            CertificatePem = Pem.WriteCertificate(Certificate),
            Active = Terms!.Active,
            AutoRegistration = Terms.AutoRegistration,
            Mode = Mode == AuthorityMode.SniOnly ? CertificateMode.SniOnly : CertificateMode.Default,
            Config = Terms is { TemplateName: null, TemplateBody: null, RoleArn: null }
                ? null
                : new() { TemplateName = Terms.TemplateName, TemplateBody = Terms.TemplateBody, RoleArn = Terms.RoleArn },
            AdmitsAtFirstConnection = Terms.AdmitsAtFirstConnection,
            CreatedAt = CreatedAt,
            LastModifiedAt = ModifiedAt,
            NotBefore = text.NotBefore,
            NotAfter = text.NotAfter,
            CustomerVersion = 1 + Changes,
        };
    }
}

/// <summary>The registration code of this deployment; null when there is none.</summary>
sealed record AccountRegistrationCode(string? Code) : IAggregate<AccountRegistrationCode, RegistrationCodeEvent>
{
    public static AccountRegistrationCode Initial { get; } = new(Code: null);

    public static StreamId Stream { get; } = StreamId.Of("registrationcode", "account");

    public AccountRegistrationCode Evolve(RegistrationCodeEvent @event) => @event switch
    {
        RegistrationCodeDrawn drawn => new(drawn.Code),
        RegistrationCodeDeleted => Initial,
        _ => throw new UnreachableException($"No fold for {@event.GetType().Name}."),
    };
}

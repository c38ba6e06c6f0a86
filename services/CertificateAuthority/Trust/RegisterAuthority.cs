using FleetPlatform.CertificateAuthority.Issuers;
using FleetPlatform.CertificateAuthority.Keys;
using FleetPlatform.Contracts;
using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.Events;
using FleetPlatform.Pki;
using FleetPlatform.ServiceDefaults;
using MassTransit;

namespace FleetPlatform.CertificateAuthority.Trust;

/// <summary>Registers an authority of somebody else (aws-protocol 5.1).</summary>
sealed class RegisterAuthority(EventStore store, IssuerRing ring, KeyRules keys, TimeProvider clock)
{
    /// <summary>Most authorities with one subject, as on AWS.</summary>
    public const int MaximumOfOneSubject = 10;

    const int MaximumRoleCharacters = 2048;

    /// <param name="candidate">What the command's certificate says.</param>
    /// <param name="registrationCode">The code in force; null when there is none.</param>
    /// <param name="sameSubject">Registered authorities with the same subject.</param>
    /// <param name="state">The authority so far.</param>
    public static Decision<AuthorityEvent> Decide(
        RegisterTrustedAuthority command, TrustAnchor candidate, string? registrationCode, long sameSubject, TrustedAuthority state, DateTimeOffset now)
    {
        if (CertificatePath.FindAuthorityFault(candidate.Certificate, now) is { } fault) return Invalid(fault);
        if (Prove(command, candidate, registrationCode, now) is { } unproved) return unproved;
        if (state.Terms is not null) return new Refusal(Reasons.AlreadyExists.Code, "The CA certificate is registered already.");
        if (sameSubject >= MaximumOfOneSubject)
            return new Refusal(Reasons.LimitExceeded.Code, $"At most {MaximumOfOneSubject} CA certificates with the same subject are registered.");
        if (CheckConfig(command.Config) is { } wrong) return wrong;

        return new AuthorityRegistered(candidate.Id, Pem.ReadCertificate(command.CaCertificatePem),
            command.Mode == CertificateMode.SniOnly ? AuthorityMode.SniOnly : AuthorityMode.Default,
            new(command.Active, command.AutoRegistration, command.Config?.TemplateName, command.Config?.TemplateBody, command.Config?.RoleArn,
                command.AdmitsAtFirstConnection), command.RequestedBy, now);
    }

    public static Refusal? CheckConfig(AuthorityRegistrationConfig? config) => config switch
    {
        { TemplateName: not null, TemplateBody: not null } => new(Reasons.InvalidRequest.Code, "registrationConfig has templateName or templateBody, not both."),
        { RoleArn.Length: > MaximumRoleCharacters } => new(Reasons.InvalidRequest.Code, $"A role ARN has at most {MaximumRoleCharacters} characters."),
        _ => null,
    };

    // Whoever registers an authority in DEFAULT mode has its key; in SNI_ONLY mode nothing is proved, as on AWS.
    static Refusal? Prove(RegisterTrustedAuthority command, TrustAnchor candidate, string? registrationCode, DateTimeOffset now)
    {
        if (command.Mode == CertificateMode.SniOnly)
            return command.VerificationCertificatePem is null ? null : new(Reasons.InvalidRequest.Code, "With SNI_ONLY there is no verification certificate.");
        if (command.VerificationCertificatePem is not { } pem) return Invalid("A verification certificate is required in DEFAULT mode.");

        CertificateText verification;
        try
        {
            verification = CertificateText.ReadPem(pem);
        }
        catch (PkiException wrong)
        {
            return Invalid($"The verification certificate cannot be read. {wrong.Message}");
        }

        if (!verification.IsValidAt(now)) return Invalid("The verification certificate is not valid now.");
        if (!candidate.Key.HasSigned(verification)) return Invalid("The verification certificate was not signed with the CA's key.");
        return registrationCode is not null && verification.Subject.CommonName == registrationCode
            ? null
            : new(Reasons.RegistrationCode.Code, "The common name of the verification certificate is not the registration code.");
    }

    public async Task<Written<TrustedAuthority, AuthorityEvent>> Handle(RegisterTrustedAuthority command, CancellationToken cancellation)
    {
        TrustAnchor candidate;
        try
        {
            candidate = TrustAnchor.Read(Pem.ReadCertificate(command.CaCertificatePem));
        }
        catch (PkiException wrong)
        {
            return new(Invalid(wrong.Message), TrustedAuthority.Initial, 0);
        }

        using var key = candidate.Key;
        // Else a certificate that the platform signed and gave to nobody could register itself.
        if (ring.IsOwnKey(candidate.Certificate.SubjectPublicKeyInfo))
            return new(Invalid("This is an authority of the platform itself: its certificates are known already."), TrustedAuthority.Initial, 0);

        if ((await keys.Examine(candidate.Certificate.SubjectPublicKeyInfo, registering: null, cancellation)).Refusal is { } badKey) return new(badKey, TrustedAuthority.Initial, 0);

        var code = await store.AggregateStreamAsync<AccountRegistrationCode, RegistrationCodeEvent>(AccountRegistrationCode.Stream, cancellation);
        var sameSubject = await AuthoritiesTable.Count(store.DataSource, candidate.Certificate.Subject, cancellation);
        return await store.WriteToAggregate<TrustedAuthority, AuthorityEvent>(TrustedAuthority.StreamOf(candidate.Id),
            state => Decide(command, candidate, code.Code, sameSubject, state, clock.GetUtcNow()), new() { Actor = command.RequestedBy }, cancellation);
    }

    static Refusal Invalid(string detail) => new(Reasons.CertificateInvalid.Code, detail);
}

sealed class RegisterTrustedAuthorityConsumer(RegisterAuthority register) : IConsumer<RegisterTrustedAuthority>
{
    public async Task Consume(ConsumeContext<RegisterTrustedAuthority> context) =>
        await context.Answer(await register.Handle(context.Message, context.CancellationToken));
}

namespace FleetPlatform.CertificateAuthority.Trust;

/// <summary>Recorded on <c>authority-{caCertificateId}</c>: an authority that is not this platform's, under which devices bring certificates.</summary>
abstract record AuthorityEvent;

/// <summary>How AWS tells accounts apart; recorded by name.</summary>
enum AuthorityMode
{
    Default = 0,
    SniOnly = 1,
}

/// <summary>What holds for an authority; recorded whole with every change.</summary>
/// <param name="Active">Certificates under it may be registered.</param>
/// <param name="AutoRegistration">They are registered by themselves at their first connection.</param>
/// <param name="TemplateName">Template for just-in-time provisioning, by name.</param>
/// <param name="TemplateBody">The template itself; one of the two, or neither.</param>
/// <param name="RoleArn">As given.</param>
/// <param name="AdmitsAtFirstConnection">The connection in which a device was provisioned goes on.</param>
sealed record AuthorityTerms(
    bool Active, bool AutoRegistration, string? TemplateName, string? TemplateBody, string? RoleArn, bool AdmitsAtFirstConnection);

sealed record AuthorityRegistered(
    string CaCertificateId, byte[] Certificate, AuthorityMode Mode, AuthorityTerms Terms, string RegisteredBy, DateTimeOffset At) : AuthorityEvent;

sealed record AuthorityChanged(AuthorityTerms Terms, string ChangedBy, DateTimeOffset At) : AuthorityEvent;

sealed record AuthorityDeleted(string DeletedBy, DateTimeOffset At) : AuthorityEvent;

/// <summary>Recorded on <c>registrationcode-account</c>.</summary>
abstract record RegistrationCodeEvent;

/// <summary>No secret: it stands in verification certificates.</summary>
sealed record RegistrationCodeDrawn(string Code, string RequestedBy, DateTimeOffset At) : RegistrationCodeEvent;

sealed record RegistrationCodeDeleted(string RequestedBy, DateTimeOffset At) : RegistrationCodeEvent;

using FleetPlatform.TemplateEngine.Hooks;

namespace FleetPlatform.TemplateEngine.Claims;

/// <summary>
/// What happens to a device that asks for its thing. Stream <c>provisioning-{flowId}</c>: the flow of the ownership token, or of the
/// connection while no token has verified. Never holds a token.
/// </summary>
abstract record ProvisioningEvent;

/// <summary>The token verified, and the connection is the one it was given to.</summary>
sealed record TokenPresented(
    string SessionId, string ClientId, string ClaimId, string CertificateId, string TemplateName, DateTimeOffset TokenIssuedAt, DateTimeOffset At)
    : ProvisioningEvent;

/// <summary>The pre-provisioning hook was asked. Holds nothing of its answer but the verdict: the overrides are in <see cref="ParametersResolved"/>.</summary>
/// <param name="Target">Where: scheme, host and port.</param>
/// <param name="Reason">Why it gave no verdict; null when it did.</param>
/// <param name="Status">HTTP status, once there was one.</param>
sealed record HookCalled(
    string Target, HookOutcome Outcome, string? Reason, int? Status, double Milliseconds, string CertificateId, string TemplateName, DateTimeOffset At)
    : ProvisioningEvent;

/// <summary>The template rendered.</summary>
/// <param name="Parameters">As the device sent them, whole: with the template's version they are all that the rendering depends on.</param>
/// <param name="Overrides">What the pre-provisioning hook put in their place; null when there is no hook or it changed nothing.</param>
/// <param name="RequestHash">Tells requests apart: SHA-256 over template name and parameters, lower-case hex.</param>
sealed record ParametersResolved(
    string CertificateId, string ClientId, string TemplateName, int TemplateVersion, string? ThingName,
    IReadOnlyDictionary<string, string> Parameters, string RequestHash, double RenderMilliseconds, DateTimeOffset At,
    IReadOnlyDictionary<string, string>? Overrides = null)
    : ProvisioningEvent
{
    /// <summary>What the template was rendered with.</summary>
    public IReadOnlyDictionary<string, string> Effective() => ParameterRules.Merge(Parameters, Overrides);
}

/// <summary>The registry holds the resources; the certificate has the status that the template gives it.</summary>
/// <param name="GrantVersion">Version of the principal's stream in the registry.</param>
sealed record ProvisioningCompleted(
    string CertificateId, string TemplateName, int TemplateVersion, string? ThingName, string CertificateStatus, string RequestHash,
    long GrantVersion, double RegistryMilliseconds, double TotalMilliseconds, DateTimeOffset At)
    : ProvisioningEvent;

/// <param name="CertificateId">Null while no token has verified.</param>
/// <param name="Parameters">Null when <see cref="ParametersResolved"/> of the same attempt has them.</param>
/// <param name="RegistryMilliseconds">Null when the registry was not asked.</param>
sealed record ProvisioningRefused(
    string ReasonCode, string Detail, string SessionId, string ClientId, string PrincipalId, string? CertificateId, string TemplateName,
    IReadOnlyDictionary<string, string>? Parameters, string RequestHash, double? RegistryMilliseconds, double TotalMilliseconds, DateTimeOffset At)
    : ProvisioningEvent;

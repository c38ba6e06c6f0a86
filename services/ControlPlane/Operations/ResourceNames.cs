using FleetPlatform.ControlPlane.Http;

namespace FleetPlatform.ControlPlane.Operations;

/// <summary>From ARNs, as callers write them, to the names the platform uses.</summary>
static class ResourceNames
{
    /// <summary>The certificate id in a certificate's ARN.</summary>
    public static string CertificateIn(this Arn arn, string? principal) =>
        principal is not null && arn.NameIn(principal, "cert") is { } id ? id
            : throw new InvalidInputException($"The principal must be the ARN of a certificate, {arn.Certificate("{id}")}.");

    /// <summary>A name that the body gives as it is, or in an ARN.</summary>
    /// <param name="name">Member that holds the name.</param>
    /// <param name="byArn">Member that holds the ARN.</param>
    /// <param name="kind">Resource type in the ARN.</param>
    public static string NameIn(this Arn arn, OperationRequest request, string name, string byArn, string kind) =>
        request.OptionalText(name)
        ?? (request.OptionalText(byArn) is { } text ? arn.NameIn(text, kind) : null)
        ?? throw new InvalidInputException($"{name} or {byArn} is required.");

    /// <summary>What a policy is attached to: the ARN of a certificate or of a thing group.</summary>
    public static PolicyTarget Target(this Arn arn, string target)
    {
        if (arn.NameIn(target, "cert") is { } certificate) return new() { CertificateId = certificate };
        return arn.NameIn(target, "thinggroup") is { } group
            ? new() { ThingGroupName = group }
            : throw new InvalidInputException("The target must be the ARN of a certificate or of a thing group of this account.");
    }

    public static string Of(this Arn arn, PolicyTarget target) =>
        target.CertificateId is { } certificate ? arn.Certificate(certificate) : arn.ThingGroup(target.ThingGroupName!);

    /// <summary>A resource as its tags know it.</summary>
    public static TaggedResource Tagged(this Arn arn, string resourceArn, DateTimeOffset createdAt) => new() { Name = resourceArn[arn.Prefix.Length..], CreatedAt = createdAt };

    /// <summary>As the API writes a certificate's mode.</summary>
    public static string Text(this CertificateMode mode) => mode == CertificateMode.SniOnly ? "SNI_ONLY" : "DEFAULT";

    /// <summary>As the API writes a certificate's status.</summary>
    public static string Text(this CertificateStatus status) => status switch
    {
        CertificateStatus.PendingActivation => "PENDING_ACTIVATION",
        CertificateStatus.Active => "ACTIVE",
        CertificateStatus.Inactive => "INACTIVE",
        _ => "REVOKED",
    };
}

using FleetPlatform.Contracts.ThingRegistry;
using MassTransit;

namespace FleetPlatform.Contracts.TemplateEngine;

// What a template would do, asked before it does it. Nothing is recorded or changed by any of these.

/// <summary>Answered by <see cref="TemplateValidated"/>.</summary>
[MessageUrn("fleet:validate-template:v1", useDefaultPrefix: false)]
public sealed record ValidateTemplate
{
    public required string TemplateBody { get; init; }

    /// <summary>FLEET_PROVISIONING, JITP or BULK.</summary>
    public required string Kind { get; init; }
}

[MessageUrn("fleet:template-validated:v1", useDefaultPrefix: false)]
public sealed record TemplateValidated
{
    /// <summary>Null when the template can be used.</summary>
    public TemplateProblem? Problem { get; init; }

    /// <summary>Parameters that a device has to send: referred to, and without a Default.</summary>
    public required IReadOnlyList<string> Required { get; init; }

    /// <summary>Parameters that it may send, with what stands in for them.</summary>
    public required IReadOnlyDictionary<string, string> Defaults { get; init; }

    /// <summary>What is allowed and yet probably not meant.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }
}

/// <summary>Where a template is wrong, and what to do about it.</summary>
public sealed record TemplateProblem
{
    /// <summary>From 1.</summary>
    public required int Line { get; init; }

    /// <summary>From 1, in UTF-16 characters.</summary>
    public required int Column { get; init; }

    /// <summary>JSON path.</summary>
    public required string Path { get; init; }

    public required string Problem { get; init; }
    public required string Remedy { get; init; }
}

/// <summary>What one device would get. Answered by <see cref="TemplateRehearsed"/>.</summary>
[MessageUrn("fleet:rehearse-template:v1", useDefaultPrefix: false)]
public sealed record RehearseTemplate
{
    /// <summary>An existing template; null: <see cref="TemplateBody"/> is one that need not exist.</summary>
    public string? TemplateName { get; init; }

    /// <summary>Null: the default version.</summary>
    public int? VersionId { get; init; }

    public string? TemplateBody { get; init; }

    /// <summary>Of TemplateBody: FLEET_PROVISIONING, JITP or BULK.</summary>
    public string? Kind { get; init; }

    public required IReadOnlyDictionary<string, string> Parameters { get; init; }

    /// <summary>For JITP: parts of the certificate's subject, for example CommonName.</summary>
    public IReadOnlyDictionary<string, string> Subject { get; init; } = new Dictionary<string, string>();

    /// <summary>Client id of the connection that the questions are about; null: the thing's name.</summary>
    public string? ClientId { get; init; }

    public required IReadOnlyList<PolicyQuestion> Questions { get; init; }
}

/// <summary>May the device do this?</summary>
public sealed record PolicyQuestion
{
    /// <summary>connect, publish, retain-publish, subscribe or receive.</summary>
    public required string Action { get; init; }

    /// <summary>A client id, a topic or a topic filter.</summary>
    public required string Name { get; init; }
}

[MessageUrn("fleet:template-rehearsed:v1", useDefaultPrefix: false)]
public sealed record TemplateRehearsed
{
    public int? VersionId { get; init; }

    /// <summary>What the device would be told instead of a thing; null when it would be provisioned.</summary>
    public Refused? Refused { get; init; }

    /// <summary>INACTIVE or ACTIVE; null when refused.</summary>
    public string? CertificateStatus { get; init; }

    public ThingToApply? Thing { get; init; }
    public IReadOnlyList<PolicyGrant> Policies { get; init; } = [];
    public IReadOnlyDictionary<string, string> DeviceConfiguration { get; init; } = new Dictionary<string, string>();

    /// <summary>What the registry would record, in order, as sentences.</summary>
    public IReadOnlyList<string> Changes { get; init; } = [];

    /// <summary>One for each question, in the order asked.</summary>
    public IReadOnlyList<PolicyAnswer> Answers { get; init; } = [];
}

public sealed record PolicyAnswer
{
    public required string Action { get; init; }
    public required string Name { get; init; }

    /// <summary>ALLOWED, IMPLICIT_DENY or EXPLICIT_DENY.</summary>
    public required string Decision { get; init; }
}

/// <summary>Replays another version over the newest recorded registrations. Answered by <see cref="TemplateReplayed"/>.</summary>
[MessageUrn("fleet:replay-template:v1", useDefaultPrefix: false)]
public sealed record ReplayTemplate
{
    public required string TemplateName { get; init; }

    /// <summary>The version to compare; null: <see cref="TemplateBody"/>.</summary>
    public int? VersionId { get; init; }

    public string? TemplateBody { get; init; }

    /// <summary>How many of the newest registrations, 1 to 100,000.</summary>
    public required int Registrations { get; init; }

    /// <summary>How many devices to name with their differences, 0 to 1,000.</summary>
    public required int Shown { get; init; }
}

[MessageUrn("fleet:template-replayed:v1", useDefaultPrefix: false)]
public sealed record TemplateReplayed
{
    /// <summary>How many recorded registrations there were to replay.</summary>
    public required int Registrations { get; init; }

    public required int Different { get; init; }

    /// <summary>Of those that differ: how many would be refused now.</summary>
    public required int Refused { get; init; }

    /// <summary>How many devices differ at each place, most first.</summary>
    public required IReadOnlyList<DifferingPath> Paths { get; init; }

    public required IReadOnlyList<DifferingDevice> Devices { get; init; }
    public required double Milliseconds { get; init; }
}

public sealed record DifferingPath
{
    public required string Path { get; init; }
    public required int Devices { get; init; }
}

public sealed record DifferingDevice
{
    public string? ThingName { get; init; }
    public required string CertificateId { get; init; }
    public required int RecordedVersion { get; init; }
    public required IReadOnlyList<Difference> Differences { get; init; }
}

/// <summary>Null on one side: there is nothing at this place.</summary>
public sealed record Difference
{
    public required string Path { get; init; }
    public string? Before { get; init; }
    public string? After { get; init; }
}

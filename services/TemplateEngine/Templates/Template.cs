using System.Buffers;
using System.Collections.Immutable;
using System.Diagnostics;
using FleetPlatform.Contracts.TemplateEngine;
using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.TemplateEngine.Language;

namespace FleetPlatform.TemplateEngine.Templates;

/// <summary>What decisions about a template need to know.</summary>
sealed record Template : IAggregate<Template, TemplateEvent>
{
    public const string FleetProvisioning = "FLEET_PROVISIONING";
    public const string JustInTime = "JITP";

    /// <summary>AWS: at most five versions exist at a time.</summary>
    public const int MaximumVersions = 5;

    static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");

    public static Template Initial { get; } = new();

    public bool Exists { get; init; }
    public string Type { get; init; } = FleetProvisioning;
    public string? Description { get; init; }
    public string? ProvisioningRoleArn { get; init; }
    public bool Enabled { get; init; }
    public int DefaultVersionId { get; init; }
    public int LastVersionId { get; init; }
    public TemplateHook? Hook { get; init; }
    public Reprovisioning Reprovisioning { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset LastModifiedAt { get; init; }
    public ImmutableSortedDictionary<int, TemplateVersion> Versions { get; init; } = ImmutableSortedDictionary<int, TemplateVersion>.Empty;

    /// <param name="type">FLEET_PROVISIONING or JITP.</param>
    public static TemplateKind KindOf(string type) => type == FleetProvisioning ? TemplateKind.Fleet : TemplateKind.JustInTime;

    public static bool IsName(string name) => name.Length is >= 1 and <= 36 && !name.AsSpan().ContainsAnyExcept(NameCharacters);

    public static StreamId Stream(string name) => StreamId.Of("template", name);

    public Template Evolve(TemplateEvent @event) => @event switch
    {
        TemplateCreated created => new Template
        {
            Exists = true,
            Type = created.Type,
            Description = created.Description,
            ProvisioningRoleArn = created.ProvisioningRoleArn,
            Enabled = created.Enabled,
            DefaultVersionId = 1,
            LastVersionId = 1,
            CreatedAt = created.CreatedAt,
            LastModifiedAt = created.CreatedAt,
            Versions = Initial.Versions.Add(1, new(created.Body, created.CreatedAt)),
        },
        TemplateChanged changed => this with
        {
            Description = changed.Description ?? Description,
            ProvisioningRoleArn = changed.ProvisioningRoleArn ?? ProvisioningRoleArn,
            Enabled = changed.Enabled ?? Enabled,
            DefaultVersionId = changed.DefaultVersionId ?? DefaultVersionId,
            LastModifiedAt = changed.ChangedAt,
        },
        TemplateHookChanged changed => this with
        {
            Hook = changed.Target is null ? null : new() { PayloadVersion = changed.PayloadVersion!, TargetArn = changed.Target },
            LastModifiedAt = changed.ChangedAt,
        },
        TemplateReprovisioningChanged changed => this with { Reprovisioning = changed.Reprovisioning, LastModifiedAt = changed.ChangedAt },
        TemplateVersionCreated created => this with
        {
            Versions = Versions.Add(created.VersionId, new(created.Body, created.CreatedAt)),
            DefaultVersionId = created.IsDefault ? created.VersionId : DefaultVersionId,
            LastVersionId = created.VersionId,
            LastModifiedAt = created.CreatedAt,
        },
        TemplateVersionDeleted deleted => this with { Versions = Versions.Remove(deleted.VersionId), LastModifiedAt = deleted.DeletedAt },
        TemplateDeleted => Initial,
        _ => throw new UnreachableException($"No fold for {@event.GetType().Name}."),
    };

    public static Refusal NotFound(string name) => new(Reasons.NotFound.Code, $"There is no template \"{name}\".");

    public static Refusal NoVersion(string name, int version) => new(Reasons.NotFound.Code, $"Template \"{name}\" has no version {version}.");
}

/// <summary>A body, and since when.</summary>
sealed record TemplateVersion(string Body, DateTimeOffset CreatedAt);

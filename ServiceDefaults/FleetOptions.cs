using System.ComponentModel.DataAnnotations;

namespace FleetPlatform.ServiceDefaults;

/// <summary>Which deployment this is: the account and region in every ARN. Section <c>Fleet</c>; the same in every service.</summary>
public sealed class FleetOptions
{
    public const string Section = "Fleet";

    /// <summary>Twelve digits, as AWS account ids are.</summary>
    [Required, RegularExpression("^[0-9]{12}$")]
    public string AccountId { get; init; } = "123456789012";

    /// <summary>Lower-case letters, digits and '-', at most 32 characters.</summary>
    [Required, RegularExpression("^[a-z0-9-]{1,32}$")]
    public string Region { get; init; } = "us-east-1";
}

/// <summary>Writes the Amazon resource names of this deployment. A singleton; names are taken as they are, checking them is the caller's.</summary>
public sealed class Arn(FleetOptions options)
{
    /// <summary><c>arn:aws:iot:{region}:{account}:</c>, the beginning of every name here.</summary>
    public string Prefix { get; } = $"arn:aws:iot:{options.Region}:{options.AccountId}:";

    public string AccountId => options.AccountId;
    public string Region => options.Region;

    /// <param name="certificateId">SHA-256 of the DER certificate, 64 lower-case hex digits.</param>
    public string Certificate(string certificateId) => $"{Prefix}cert/{certificateId}";

    /// <param name="certificateId">As for <see cref="Certificate"/>.</param>
    public string CaCertificate(string certificateId) => $"{Prefix}cacert/{certificateId}";

    public string Thing(string name) => $"{Prefix}thing/{name}";
    public string ThingGroup(string name) => $"{Prefix}thinggroup/{name}";
    public string BillingGroup(string name) => $"{Prefix}billinggroup/{name}";
    public string ThingType(string name) => $"{Prefix}thingtype/{name}";
    public string Policy(string name) => $"{Prefix}policy/{name}";
    public string ProvisioningTemplate(string name) => $"{Prefix}provisioningtemplate/{name}";
    public string Client(string clientId) => $"{Prefix}client/{clientId}";
    public string Topic(string topic) => $"{Prefix}topic/{topic}";
    public string TopicFilter(string filter) => $"{Prefix}topicfilter/{filter}";

    /// <summary>The name behind an ARN of this deployment.</summary>
    /// <param name="arn">A whole ARN.</param>
    /// <param name="kind">The resource type, for example <c>cert</c> or <c>thing</c>.</param>
    /// <returns>What follows <c>{kind}/</c>; null when the ARN is of another deployment, another kind, or has no name.</returns>
    public string? NameIn(string arn, string kind) =>
        arn.StartsWith(Prefix, StringComparison.Ordinal)
        && arn.AsSpan(Prefix.Length) is var rest
        && rest.Length > kind.Length + 1
        && rest.StartsWith(kind, StringComparison.Ordinal)
        && rest[kind.Length] == '/'
            ? rest[(kind.Length + 1)..].ToString()
            : null;
}

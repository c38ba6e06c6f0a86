namespace FleetPlatform.Policy;

/// <summary>The actions a gateway decides. Others of AWS's may stand in a document; they never match here.</summary>
public enum PolicyAction
{
    /// <summary><c>iot:Connect</c> on <c>client/{clientId}</c>.</summary>
    Connect = 0,

    /// <summary><c>iot:Publish</c> on <c>topic/{topic}</c>.</summary>
    Publish = 1,

    /// <summary><c>iot:RetainPublish</c> on <c>topic/{topic}</c>, asked beside Publish when RETAIN is set.</summary>
    RetainPublish = 2,

    /// <summary><c>iot:Subscribe</c> on <c>topicfilter/{filter}</c>.</summary>
    Subscribe = 3,

    /// <summary><c>iot:Receive</c> on <c>topic/{topic}</c>, asked for each delivery.</summary>
    Receive = 4,

    /// <summary><c>iot:DeleteConnection</c> on <c>client/{clientId}</c>.</summary>
    DeleteConnection = 5,
}

/// <summary>What policies say about one request; the words of TestAuthorization.</summary>
public enum PolicyDecision
{
    /// <summary>No statement allows it.</summary>
    ImplicitDeny = 0,

    /// <summary>A statement allows it and none denies it.</summary>
    Allowed = 1,

    /// <summary>A statement denies it, whatever else allows it.</summary>
    ExplicitDeny = 2,
}

static class PolicyActions
{
    public const int Count = 6;

    public static readonly string[] Names =
        ["iot:Connect", "iot:Publish", "iot:RetainPublish", "iot:Subscribe", "iot:Receive", "iot:DeleteConnection"];

    public static ReadOnlySpan<char> ResourceKind(PolicyAction action) => action switch
    {
        PolicyAction.Connect or PolicyAction.DeleteConnection => "client/",
        PolicyAction.Subscribe => "topicfilter/",
        _ => "topic/",
    };

    /// <summary>Whether '/' separates levels in the resource, so that a substituted value must not bring one along.</summary>
    public static bool HasLevels(PolicyAction action) => action is not (PolicyAction.Connect or PolicyAction.DeleteConnection);
}

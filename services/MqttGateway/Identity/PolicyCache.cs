using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.Policy;

namespace FleetPlatform.MqttGateway.Identity;

/// <summary>Each policy version compiled once, however many certificates it is attached to.</summary>
sealed class PolicyCache(ILogger<PolicyCache> log)
{
    const int Capacity = 10_000;

    // A document that does not compile was stored by someone who could not read it either. What it meant to deny is unknown, so it denies all.
    static readonly CompiledPolicy DenyAll = PolicyDocument.Compile(
        """{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}""");

    // The document is part of the key: a policy deleted and made again under its name starts with version 1 again.
    readonly LeastRecentlyUsed<(string Name, string VersionId, string Document), CompiledPolicy> _compiled = new(Capacity);

    public CompiledPolicySet Compile(IReadOnlyList<PolicyGrant> policies) => policies.Count == 0 ? CompiledPolicySet.Empty : new([.. policies.Select(Compile)]);

    CompiledPolicy Compile(PolicyGrant policy)
    {
        var key = (policy.PolicyName, policy.VersionId, policy.Document);
        if (_compiled.TryGet(key, out var compiled)) return compiled;
        try
        {
            compiled = PolicyDocument.Compile(policy.Document);
        }
        catch (PolicySyntaxException wrong)
        {
            Log.PolicyDoesNotCompile(log, policy.PolicyName, policy.VersionId, wrong.Message);
            compiled = DenyAll;
        }

        return _compiled.Change(key, there => there ?? compiled)!;
    }
}

using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.Policy;

namespace FleetPlatform.MqttGateway.Identity;

/// <summary>Each policy version compiled once, however many certificates it is attached to.</summary>
sealed class PolicyCache(ILogger<PolicyCache> log)
{
    const int Capacity = 10_000;

    // The document is part of the key: a policy deleted and made again under its name starts with version 1 again.
    readonly LeastRecentlyUsed<(string Name, string VersionId, string Document), CompiledPolicy> _compiled = new(Capacity);

    public CompiledPolicySet Compile(IReadOnlyList<PolicyGrant> policies) => policies.Count == 0 ? CompiledPolicySet.Empty : new([.. policies.Select(Compile)]);

    CompiledPolicy Compile(PolicyGrant policy)
    {
        var key = (policy.PolicyName, policy.VersionId, policy.Document);
        if (_compiled.TryGet(key, out var compiled)) return compiled;
        compiled = PolicyDocument.CompileOrDenyAll(policy.Document, out var wrong);
        if (wrong is not null) Log.PolicyDoesNotCompile(log, policy.PolicyName, policy.VersionId, wrong.Message);
        return _compiled.Change(key, there => there ?? compiled)!;
    }
}

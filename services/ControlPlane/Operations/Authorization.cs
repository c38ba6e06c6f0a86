using FleetPlatform.Policy;

namespace FleetPlatform.ControlPlane.Operations;

/// <summary>May a connection do this?</summary>
/// <param name="ActionType">As the caller writes it.</param>
/// <param name="Resource">The ARN.</param>
/// <param name="Name">Client id, topic or filter in it.</param>
readonly record struct Question(string ActionType, PolicyAction Action, string Resource, string Name);

/// <param name="Decision">Of all policies together.</param>
/// <param name="Policies">What each of them says by itself.</param>
sealed record Authorized(Question Question, PolicyDecision Decision, IReadOnlyList<(string PolicyName, PolicyDecision Decision)> Policies);

static class Authorization
{
    /// <summary>Decides one question, and says which policies had a part in it.</summary>
    /// <param name="policies">Those that count on the connection.</param>
    public static Authorized Decide(Question question, IReadOnlyList<PolicyGrant> policies, PolicyContext context)
    {
        var compiled = policies.Select(policy => PolicyDocument.CompileOrDenyAll(policy.Document, out _)).ToArray();
        return new(question, Evaluate(compiled), [.. policies.Zip(compiled, (policy, one) => (policy.PolicyName, Evaluate(one)))]);

        PolicyDecision Evaluate(params CompiledPolicy[] those) => new CompiledPolicySet(those).Evaluate(question.Action, question.Name, context);
    }
}

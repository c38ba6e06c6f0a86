using System.Buffers;

namespace FleetPlatform.Policy;

/// <summary>A policy document, ready to evaluate. Immutable; share it between connections.</summary>
public sealed class CompiledPolicy
{
    readonly Statement[][] _denies = new Statement[PolicyActions.Count][];
    readonly Statement[][] _allows = new Statement[PolicyActions.Count][];

    internal CompiledPolicy(IReadOnlyList<Statement> statements)
    {
        for (var action = 0; action < PolicyActions.Count; action++)
        {
            _denies[action] = [.. statements.Where(statement => statement.IsDeny && (statement.Actions >> action & 1) == 1)];
            _allows[action] = [.. statements.Where(statement => !statement.IsDeny && (statement.Actions >> action & 1) == 1)];
        }
    }

    internal bool Denies(PolicyAction action, ReadOnlySpan<char> resource, PolicyContext context) => Any(_denies[(int)action], action, resource, context);

    internal bool Allows(PolicyAction action, ReadOnlySpan<char> resource, PolicyContext context) => Any(_allows[(int)action], action, resource, context);

    static bool Any(Statement[] statements, PolicyAction action, ReadOnlySpan<char> resource, PolicyContext context)
    {
        foreach (var statement in statements)
            if (statement.Applies(resource, PolicyActions.HasLevels(action), context)) return true;
        return false;
    }
}

/// <summary>All policies that count for a connection. Immutable.</summary>
/// <param name="policies">Those of the certificate and of the groups of its thing.</param>
public sealed class CompiledPolicySet(params IReadOnlyList<CompiledPolicy> policies)
{
    /// <summary>No policies: everything is implicitly denied.</summary>
    public static CompiledPolicySet Empty { get; } = new();

    readonly CompiledPolicy[] _policies = [.. policies];

    /// <summary>Decides one request. Allocates nothing.</summary>
    /// <param name="action">What the client wants to do.</param>
    /// <param name="name">The client id, the topic or the topic filter, as the client wrote it.</param>
    /// <param name="context">The connection.</param>
    /// <returns>An explicit deny of any policy wins over every allow (aws-protocol 8.7).</returns>
    public PolicyDecision Evaluate(PolicyAction action, ReadOnlySpan<char> name, PolicyContext context)
    {
        if (_policies.Length == 0) return PolicyDecision.ImplicitDeny;
        var kind = PolicyActions.ResourceKind(action);
        var length = kind.Length + name.Length;
        if (length <= 512)
        {
            Span<char> resource = stackalloc char[512];
            kind.CopyTo(resource);
            name.CopyTo(resource[kind.Length..]);
            return Decide(action, resource[..length], context);
        }

        var rented = ArrayPool<char>.Shared.Rent(length);
        try
        {
            kind.CopyTo(rented);
            name.CopyTo(rented.AsSpan(kind.Length));
            return Decide(action, rented.AsSpan(0, length), context);
        }
        finally
        {
            ArrayPool<char>.Shared.Return(rented);
        }
    }

    PolicyDecision Decide(PolicyAction action, ReadOnlySpan<char> resource, PolicyContext context)
    {
        foreach (var policy in _policies)
            if (policy.Denies(action, resource, context)) return PolicyDecision.ExplicitDeny;
        foreach (var policy in _policies)
            if (policy.Allows(action, resource, context)) return PolicyDecision.Allowed;
        return PolicyDecision.ImplicitDeny;
    }
}

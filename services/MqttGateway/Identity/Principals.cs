using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using FleetPlatform.Contracts.Revocation;
using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.Policy;
using FleetPlatform.ServiceDefaults;

namespace FleetPlatform.MqttGateway.Identity;

/// <summary>
/// Who the certificates are: asked once, remembered, and kept right by what the registry publishes. A change that arrives while a
/// question is under way makes its answer old: it is used by nobody and asked again.
/// </summary>
sealed class Principals(
    IBatcher<FindPrincipal, FindPrincipalAnswer> registry, UntrustedCertificates untrusted, PolicyCache policies, GatewayOptions options, TimeProvider clock, GatewayMetrics metrics)
{
    const int MaximumTries = 3;

    readonly LeastRecentlyUsed<string, Principal> _known = new(options.RememberedPrincipals);

    // No such certificate, or one that is not active. The registry is silent when such a one comes to life, so this is not remembered for long.
    readonly LeastRecentlyUsed<string, Nobody> _nobody = new(options.RememberedPrincipals);
    readonly ConcurrentDictionary<string, Question> _underWay = [];

    // When something was last said to have changed about a certificate, or in a policy: by its number among all changes.
    readonly LeastRecentlyUsed<string, long> _changedAt = new(options.RememberedPrincipals);
    long _allChangedAt;
    long _changes;

    sealed record Nobody(Principal? Principal, long Since);

    /// <summary>Rises with every change that is heard of. Who decided at another count decides again.</summary>
    public long Changes => Volatile.Read(ref _changes);

    public int Count => _known.Count;

    /// <summary>The principal of a certificate.</summary>
    /// <returns>Null: no such certificate is registered.</returns>
    /// <exception cref="RequestUnavailableException">The registry did not answer in time.</exception>
    public async ValueTask<Principal?> Find(string certificateId, CancellationToken cancellation)
    {
        for (var tries = 1; ; tries++)
        {
            // Known before the registry is asked, and whatever it still says.
            if (untrusted.Find(certificateId) is { } reason) return Untrusted(certificateId, reason);
            if (_known.TryGet(certificateId, out var known)) return known;
            if (IsNobody(certificateId, out var nobody)) return nobody.Principal;

            var question = _underWay.GetOrAdd(certificateId, static (id, self) => new Question(question => self.Ask(id, question)), this);
            var principal = await question.Answer.WaitAsync(cancellation);
            if (!question.IsOld) return principal;
            if (tries == MaximumTries) throw new RequestUnavailableException("The certificate changes faster than it can be looked up.");
        }
    }

    /// <summary>Whether an answer would need no question.</summary>
    public bool Remembers(string certificateId) => untrusted.Find(certificateId) is not null || _known.TryGet(certificateId, out _) || IsNobody(certificateId, out _);

    /// <summary>Takes a grant that came with an answer. An older one than is known changes nothing; nor does one that a change has overtaken on its way here.</summary>
    /// <param name="askedAt"><see cref="Changes"/> before it was asked for.</param>
    public void Learn(PrincipalGrant grant, FirstConnection first, long askedAt) => Keep(grant, first, () => HasChanged(grant, askedAt));

    /// <summary>Takes a grant of any status; one that is not active is not remembered for long.</summary>
    /// <param name="askedAt"><see cref="Changes"/> before it was asked for.</param>
    public Principal LearnAny(PrincipalGrant grant, FirstConnection first, long askedAt) => Remember(grant, first, () => HasChanged(grant, askedAt));

    Principal Remember(PrincipalGrant grant, FirstConnection first, Func<bool> isOutdated)
    {
        if (grant.Status == CertificateStatus.Active) return Keep(grant, first, isOutdated) ?? Compile(grant, first);
        var principal = Compile(grant, first);
        _nobody.Change(grant.CertificateId, _ => isOutdated() ? null : new(principal, clock.GetTimestamp()));
        return principal;
    }

    // Whether it is outdated is asked under the cache's lock: whoever changes something says so before forgetting it.
    Principal? Keep(PrincipalGrant grant, FirstConnection first, Func<bool> isOutdated)
    {
        _nobody.Remove(grant.CertificateId);
        return _known.Change(grant.CertificateId, there => isOutdated() || there?.Grant.Version >= grant.Version ? null : Compile(grant, first));
    }

    /// <summary>Whether something was said to have changed about a certificate, or in one of its policies, since <see cref="Changes"/> was what is given.</summary>
    public bool HasChanged(PrincipalGrant grant, long since) =>
        Volatile.Read(ref _allChangedAt) > since || HasChanged(grant.CertificateId, since) || grant.Policies.Any(policy => HasChanged(PolicyKey(policy.PolicyName), since));

    bool HasChanged(string subject, long since) => _changedAt.TryGet(subject, out var at) && at > since;

    static string PolicyKey(string policyName) => "policy/" + policyName;

    /// <summary>The first connection with the certificate is on its way to the record.</summary>
    public void FirstConnectionSeen(string certificateId) =>
        _known.Change(certificateId, there => there is null ? null : there with { FirstConnection = FirstConnection.Known });

    /// <summary>Something about the certificate has changed.</summary>
    public void Forget(string certificateId)
    {
        Say(certificateId);
        if (_underWay.TryRemove(certificateId, out var question)) question.IsOld = true;
        _known.Remove(certificateId);
        _nobody.Remove(certificateId);
        Interlocked.Increment(ref _changes);
    }

    /// <summary>Messages may have been missed: nothing that is remembered counts any more.</summary>
    public void ForgetAll()
    {
        Volatile.Write(ref _allChangedAt, Interlocked.Increment(ref _changes));
        foreach (var (id, _) in _underWay)
            if (_underWay.TryRemove(id, out var question)) question.IsOld = true;
        _known.Clear();
        _nobody.Clear();
        Interlocked.Increment(ref _changes);
    }

    /// <summary>A policy has another default version: what is remembered of it is changed.</summary>
    public void ChangePolicy(PolicyChanged change)
    {
        Say(PolicyKey(change.PolicyName));
        foreach (var question in _underWay.Values) question.IsOld = true; // any of them may bring the old document
        foreach (var principal in _known.Values())
        {
            if (principal.Grant.Policies.Any(policy => policy.PolicyName == change.PolicyName))
                _known.Change(principal.CertificateId, there => there is null ? null : WithPolicy(there, change));
        }

        Interlocked.Increment(ref _changes);
    }

    // Counted before the change, for those who are about to remember something older, and once more when it is made: what was found in between may be
    // the old, and a connection decided on that is looked at again.
    void Say(string subject)
    {
        var number = Interlocked.Increment(ref _changes);
        _changedAt.Change(subject, _ => number);
    }

    Principal WithPolicy(Principal principal, PolicyChanged change)
    {
        var grants = principal.Grant.Policies.Select(policy => policy.PolicyName == change.PolicyName
            ? policy with { VersionId = change.VersionId, Document = change.Document }
            : policy).ToList();
        return Compile(principal.Grant with { Policies = grants }, principal.FirstConnection);
    }

    bool IsNobody(string certificateId, [NotNullWhen(true)] out Nobody? nobody) =>
        _nobody.TryGet(certificateId, out nobody) && clock.GetElapsedTime(nobody.Since) < options.UnknownCertificateMemory;

    async Task<Principal?> Ask(string certificateId, Question question)
    {
        try
        {
            metrics.LookedUp();
            var answer = await registry.Ask(new FindPrincipal { CertificateId = certificateId, TraceParent = System.Diagnostics.Activity.Current?.Id });
            if (question.IsOld) return null;
            if (answer.Grant is { } grant) return Remember(grant, FirstConnection.Perhaps, () => question.IsOld);

            _nobody.Change(certificateId, _ => question.IsOld ? null : new(null, clock.GetTimestamp()));
            return null;
        }
        finally
        {
            _underWay.TryRemove(new(certificateId, question));
        }
    }

    static Principal Untrusted(string certificateId, RevocationReason reason) => new()
    {
        Grant = new()
        {
            CertificateId = certificateId,
            Status = reason == RevocationReason.CertificateHold ? CertificateStatus.Inactive : CertificateStatus.Revoked,
            Version = long.MaxValue,
            Policies = [],
            Things = [],
        },
        Policies = CompiledPolicySet.Empty,
    };

    Principal Compile(PrincipalGrant grant, FirstConnection first)
    {
        var own = grant.Policies.Where(policy => policy.ThingName is null).ToList();
        return new()
        {
            Grant = grant,
            Policies = policies.Compile(own),
            ThingPolicies = grant.Policies
                .Where(policy => policy.ThingName is not null)
                .GroupBy(policy => policy.ThingName!, StringComparer.Ordinal)
                .ToDictionary(thing => thing.Key, thing => policies.Compile([.. own, .. thing]), StringComparer.Ordinal),
            FirstConnection = first,
        };
    }

    /// <summary>One question, whoever waits for it.</summary>
    sealed class Question
    {
        readonly Lazy<Task<Principal?>> _answer;

        public Question(Func<Question, Task<Principal?>> ask) => _answer = new(() => Task.Run(() => ask(this)));

        public Task<Principal?> Answer => _answer.Value;

        public volatile bool IsOld;
    }
}

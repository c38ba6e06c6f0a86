using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.Pki;
using FleetPlatform.ServiceDefaults;
using MassTransit;

namespace FleetPlatform.MqttGateway.Identity;

/// <summary>An active authority of somebody else, its key imported.</summary>
/// <param name="Anchor">Its certificate and key.</param>
/// <param name="Terms">What holds for it.</param>
sealed record TrustedAuthority(TrustAnchor Anchor, TrustedAuthorityDescription Terms)
{
    public bool HasTemplate => Terms.Config is { TemplateName: not null } or { TemplateBody: not null };
}

/// <summary>The authorities as they were at one moment. Immutable.</summary>
sealed class AuthoritySet(IReadOnlyList<TrustedAuthority> authorities)
{
    readonly Dictionary<string, TrustAnchor[]> _bySubject = authorities.GroupBy(authority => authority.Anchor.Certificate.Subject.ToString(), StringComparer.Ordinal)
        .ToDictionary(group => group.Key, group => group.Select(authority => authority.Anchor).ToArray(), StringComparer.Ordinal);

    readonly Dictionary<string, TrustedAuthority> _byId = authorities.ToDictionary(authority => authority.Anchor.Id, StringComparer.Ordinal);

    public bool IsEmpty => _byId.Count == 0;

    public TrustedAuthority? Find(string caCertificateId) => _byId.GetValueOrDefault(caCertificateId);

    public IReadOnlyList<TrustAnchor> OfSubject(SubjectName subject) => _bySubject.GetValueOrDefault(subject.ToString(), []);
}

/// <summary>
/// The authorities under which devices may bring certificates: asked for when first needed, their keys imported once, and asked for again after every change.
/// Only certificates that the registry does not know come here: a known one is never held against an authority.
/// </summary>
sealed class TrustedAuthorities(IAsk ask, ILogger<TrustedAuthorities> log)
{
    readonly Lock _gate = new();
    Task<AuthoritySet>? _current;

    /// <exception cref="RequestUnavailableException">The authority did not answer in time.</exception>
    public Task<AuthoritySet> Current(CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (_current is null || _current.IsFaulted || _current.IsCanceled) _current = Load();
            return _current.WaitAsync(cancellation);
        }
    }

    /// <summary>What is known is old. A question under way may have been answered before the change: it counts no more either.</summary>
    public void Forget()
    {
        lock (_gate) _current = null;
    }

    async Task<AuthoritySet> Load()
    {
        var answer = await ask.Ask<FindTrustedAuthorities, TrustedAuthoritiesFound>(new());
        if (answer.Value is not { } found) throw new RequestUnavailableException(answer.Refused!.Detail);
        var authorities = new List<TrustedAuthority>(found.Items.Count);
        foreach (var terms in found.Items)
        {
            try
            {
                authorities.Add(new(TrustAnchor.Read(Pem.ReadCertificate(terms.CertificatePem)), terms));
            }
            catch (PkiException unreadable)
            {
                Log.AuthorityUnreadable(log, terms.CaCertificateId, unreadable.Message);
            }
        }

        return new(authorities);
    }
}

/// <summary>Authorities have changed.</summary>
sealed class TrustedAuthoritiesChangedConsumer(TrustedAuthorities authorities) : IConsumer<TrustedAuthoritiesChanged>
{
    public Task Consume(ConsumeContext<TrustedAuthoritiesChanged> context)
    {
        authorities.Forget();
        return Task.CompletedTask;
    }
}

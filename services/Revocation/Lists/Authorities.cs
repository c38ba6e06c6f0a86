using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Revocation.Ocsp;
using FleetPlatform.ServiceDefaults;
using MassTransit;

namespace FleetPlatform.Revocation.Lists;

/// <summary>The authorities whose certificates are issued here. Remembered for a while, so that answering does not depend on the authority.</summary>
sealed class Authorities(IAsk ask, TimeProvider clock)
{
    static readonly TimeSpan Memory = TimeSpan.FromMinutes(1);
    volatile RevocationIssuers? _known;
    long _until;

    /// <exception cref="RequestUnavailableException">The authority did not answer, and never has.</exception>
    public async Task<IReadOnlyList<RevocationIssuer>> Find(CancellationToken cancellation) => (await Look(cancellation)).Items;

    /// <summary>The roots' own lists.</summary>
    /// <exception cref="RequestUnavailableException">The authority did not answer, and never has.</exception>
    public async Task<IReadOnlyList<RootRevocationList>> FindRootLists(CancellationToken cancellation) => (await Look(cancellation)).Roots;

    /// <summary>What is known is old; it is served all the same while the authority does not answer.</summary>
    public void Forget() => Volatile.Write(ref _until, 0);

    async Task<RevocationIssuers> Look(CancellationToken cancellation)
    {
        if (_known is { } known && clock.GetTimestamp() < Volatile.Read(ref _until)) return known;
        try
        {
            var until = clock.GetTimestamp() + (long)(Memory.TotalSeconds * clock.TimestampFrequency);
            var answer = await ask.Ask<ListRevocationIssuers, RevocationIssuers>(new(), cancellation);
            _known = answer.Value ?? throw new RequestUnavailableException(answer.Refused!.Detail);
            Volatile.Write(ref _until, until);
        }
        catch (RequestUnavailableException) when (_known is not null)
        {
            // What it said last still holds.
        }

        return _known!;
    }
}

/// <summary>Another authority signs, or a root has a new list: their lists and responders are due at once.</summary>
sealed class IssuersChangedConsumer(Authorities authorities, ListClock lists, Responders responders) : IConsumer<IssuersChanged>
{
    public Task Consume(ConsumeContext<IssuersChanged> context)
    {
        authorities.Forget();
        lists.Wake();
        responders.Wake();
        return Task.CompletedTask;
    }
}

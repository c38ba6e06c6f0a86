using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.ServiceDefaults;

namespace FleetPlatform.Revocation.Lists;

/// <summary>The authorities whose certificates are issued here. Remembered for a while, so that answering does not depend on the authority.</summary>
sealed class Authorities(IAsk ask, TimeProvider clock)
{
    static readonly TimeSpan Memory = TimeSpan.FromMinutes(1);
    IReadOnlyList<RevocationIssuer>? _known;
    long _at;

    /// <exception cref="RequestUnavailableException">The authority did not answer, and never has.</exception>
    public async Task<IReadOnlyList<RevocationIssuer>> Find(CancellationToken cancellation)
    {
        if (_known is { } known && clock.GetElapsedTime(_at) < Memory) return known;
        try
        {
            var answer = await ask.Ask<ListRevocationIssuers, RevocationIssuers>(new(), cancellation);
            _known = answer.Value?.Items ?? throw new RequestUnavailableException(answer.Refused!.Detail);
            _at = clock.GetTimestamp();
        }
        catch (RequestUnavailableException) when (_known is not null)
        {
            // What it said last still holds.
        }

        return _known!;
    }
}

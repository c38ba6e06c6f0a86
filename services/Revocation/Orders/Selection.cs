using FleetPlatform.Contracts.Revocation;
using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.Pki;
using FleetPlatform.Revocation.Issued;
using FleetPlatform.ServiceDefaults;

namespace FleetPlatform.Revocation.Orders;

/// <summary>One page of what an order is about.</summary>
/// <param name="Next">Where the next page begins; null: this was the last.</param>
sealed record SelectedPage(IReadOnlyList<string> CertificateIds, string? Next);

/// <summary>
/// Finds the certificates of a selector, page by page, so that an order on a million of them needs no more memory than one on ten: what
/// was issued is known here, what is attached to what, the registry knows.
/// </summary>
sealed class Selection(IssuedCertificates issued, IAsk ask)
{
    // Certificates on a key are looked for in two places, one after the other; the cursor says which.
    const string InRegistry = "registry:";

    public async Task<SelectedPage> Next(CertificateSelector selector, string? after, int limit, CancellationToken cancellation)
    {
        switch (selector.Kind)
        {
            case SelectorKind.Certificate:
                return new([selector.Value], null);
            case SelectorKind.Issuer when CertificateId.IsWellFormed(selector.Value): // an own CA: nothing of it was issued here
                return await OfRegistry(selector, after, limit, cancellation);
            case SelectorKind.Claim or SelectorKind.Issuer:
                return OfIssued(await issued.Select(selector, after, limit, cancellation), limit);
            case SelectorKind.PublicKey when after?.StartsWith(InRegistry, StringComparison.Ordinal) != true:
                var page = OfIssued(await issued.Select(selector, after, limit, cancellation), limit);
                return page with { Next = page.Next ?? InRegistry };
            case SelectorKind.PublicKey:
                var rest = await OfRegistry(selector, after.Length == InRegistry.Length ? null : after[InRegistry.Length..], limit, cancellation);
                return rest with { Next = rest.Next is null ? null : InRegistry + rest.Next };
            default:
                return await OfRegistry(selector, after, limit, cancellation);
        }
    }

    /// <summary>The things that certificates are attached to.</summary>
    /// <exception cref="RequestUnavailableException">The registry did not answer.</exception>
    public async Task<IEnumerable<string>> ThingsOf(IReadOnlyList<string> certificateIds, CancellationToken cancellation) =>
        (await Ask(new() { CertificateIds = certificateIds }, cancellation)).Items.SelectMany(item => item.ThingNames);

    static SelectedPage OfIssued(IReadOnlyList<string> ids, int limit) => new(ids, ids.Count == limit ? ids[^1] : null);

    async Task<SelectedPage> OfRegistry(CertificateSelector selector, string? after, int limit, CancellationToken cancellation)
    {
        var page = await Ask(new() { Selector = selector, After = after, Limit = limit }, cancellation);
        return new([.. page.Items.Select(item => item.CertificateId)], page.Next);
    }

    async Task<CertificatesSelected> Ask(SelectCertificates question, CancellationToken cancellation)
    {
        var answer = await ask.Ask<SelectCertificates, CertificatesSelected>(question, cancellation);
        return answer.Value ?? throw new RequestUnavailableException(answer.Refused!.Detail);
    }
}

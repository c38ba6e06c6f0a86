using FleetPlatform.CertificateAuthority.Keys;
using FleetPlatform.Pki;

namespace FleetPlatform.CertificateAuthority.Issuers;

/// <summary>An authority that can sign.</summary>
/// <param name="Id">Names its stream.</param>
/// <param name="Signer">Prepares and signs.</param>
/// <param name="CertificatePem">Its certificate.</param>
/// <param name="Chain">The authorities above it in DER, the root last.</param>
sealed record ActiveIssuer(string Id, CertificateIssuer Signer, string CertificatePem, IReadOnlyList<byte[]> Chain)
{
    /// <summary>What a TLS server sends behind its certificate: the authority and those above it, but not the root, which clients have.</summary>
    public IReadOnlyList<string> ServerChainPem => [CertificatePem, .. Chain.SkipLast(1).Select(der => Pem.WriteCertificate(der))];

    public string RootPem => Pem.WriteCertificate(Chain[^1]);

    public string RootId => CertificateId.Of(Chain[^1]);

    /// <summary>Of its certificate, in lower-case hex.</summary>
    public string SerialNumber => InstallRootList.SerialOf(Signer.Certificate.SerialNumber.Span);
}

/// <summary>
/// Holds the open authorities, who of them signs what, and the trust anchors. An authority that signs no more stays open, so that what it had begun
/// is finished. No root's key is among them: only roots' certificates are ever read again.
/// </summary>
sealed class IssuerRing : IDisposable
{
    readonly List<IIssuerKey> _keys = [];
    volatile State? _state;

    sealed record State(IReadOnlyDictionary<string, ActiveIssuer> Issuers, Signing Signing, IReadOnlyList<RootListInstalled> RootLists);

    /// <summary>The authority that signs device certificates now.</summary>
    /// <exception cref="InvalidOperationException">Not opened yet.</exception>
    public ActiveIssuer Active => For(CertificateProfiles.Device);

    public bool IsOpen => _state is not null;

    public IReadOnlyCollection<ActiveIssuer> All => [.. Opened.Issuers.Values];

    State Opened => _state ?? throw new InvalidOperationException("The issuing authorities are not open yet.");

    /// <summary>The authority that signs certificates of a profile now.</summary>
    public ActiveIssuer For(string profile) => Opened.Issuers[Opened.Signing.IssuerOf(profile)];

    /// <summary>An open authority, whether it signs anything new or not.</summary>
    public ActiveIssuer? Find(string issuerId) => Opened.Issuers.GetValueOrDefault(issuerId);

    /// <summary>The profiles an authority signs.</summary>
    public IReadOnlyList<string> ProfilesOf(string issuerId) => [.. CertificateProfiles.All.Where(profile => Opened.Signing.IssuerOf(profile) == issuerId)];

    /// <summary>Every root, in PEM, the one of the servers' certificates first. Devices trust all of them, so that a root can be succeeded by another.</summary>
    public string RootsPem => string.Concat(Opened.Issuers.Values.OrderByDescending(issuer => issuer == For(CertificateProfiles.Server))
        .Select(issuer => issuer.RootPem).Distinct(StringComparer.Ordinal));

    /// <summary>Every root, in DER.</summary>
    public IReadOnlyList<byte[]> Roots => [.. All.Select(issuer => issuer.Chain[^1]).DistinctBy(der => CertificateId.Of(der), StringComparer.Ordinal)];

    /// <summary>The published lists of the roots.</summary>
    public IReadOnlyList<RootListInstalled> RootLists => Opened.RootLists;

    /// <summary>Whether its root says that an authority is not trusted any more.</summary>
    public bool IsRevoked(ActiveIssuer issuer) => RootLists.Any(list => list.RootCertificateId == issuer.RootId && list.Revoked.Contains(issuer.SerialNumber));

    /// <summary>Whether a public key is that of one of the platform's own authorities.</summary>
    /// <param name="subjectPublicKeyInfo">In DER.</param>
    public bool IsOwnKey(ReadOnlyMemory<byte> subjectPublicKeyInfo) => All.Any(issuer =>
        issuer.Signer.Certificate.SubjectPublicKeyInfo.Span.SequenceEqual(subjectPublicKeyInfo.Span)
        || issuer.Chain.Any(above => CertificateText.Read(above).SubjectPublicKeyInfo.Span.SequenceEqual(subjectPublicKeyInfo.Span)));

    /// <summary>Whether the platform has signed a certificate itself.</summary>
    public bool HasSigned(CertificateText certificate) => All.Any(issuer =>
        issuer.Signer.Certificate.Subject.Attributes.SequenceEqual(certificate.Issuer.Attributes) && certificate.IsSignedBy(issuer.Signer.Certificate));

    /// <summary>Opens what is not open yet, and takes over who signs what.</summary>
    /// <exception cref="InvalidOperationException">A key is not there, or not the one of its certificate.</exception>
    /// <exception cref="System.Security.Cryptography.CryptographicException">A key cannot be opened.</exception>
    public void Open(IReadOnlyList<Issuer> issuers, Signing signing, IssuerKeyStores stores)
    {
        var root = issuers.First(issuer => issuer.Created is { ParentId: null }).Created!;
        var open = new Dictionary<string, ActiveIssuer>(_state?.Issuers ?? new Dictionary<string, ActiveIssuer>(), StringComparer.Ordinal);
        foreach (var issuer in issuers.Where(issuer => issuer.CanSign))
        {
            var opened = issuer.Created is { } created
                ? (created.IssuerId, created.KeyFile, created.SerialPrefix, created.Certificate, Chain: (IReadOnlyList<byte[]>)[root.Certificate])
                : (issuer.Requested!.IssuerId, issuer.Requested.KeyFile, issuer.Requested.SerialPrefix, issuer.Installed!.Certificate, issuer.Installed.Chain);
            if (!open.ContainsKey(opened.IssuerId))
                open[opened.IssuerId] = Open(opened.IssuerId, opened.KeyFile, opened.SerialPrefix, opened.Certificate, opened.Chain, stores);
        }

        _state = new(open, signing, _state?.RootLists ?? []);
    }

    /// <summary>Takes over what the roots say of the authorities below them.</summary>
    public void Take(IReadOnlyList<RootListInstalled> rootLists) => _state = Opened with { RootLists = rootLists };

    ActiveIssuer Open(string id, string handle, byte serialPrefix, byte[] der, IReadOnlyList<byte[]> chain, IssuerKeyStores stores)
    {
        var certificate = CertificateText.Read(der);
        var key = stores.Open(handle);
        if (!key.SubjectPublicKeyInfo.Span.SequenceEqual(certificate.SubjectPublicKeyInfo.Span))
        {
            key.Dispose();
            throw new InvalidOperationException($"The key {handle} is not the one of {id}: data directory and database do not belong together.");
        }

        lock (_keys) _keys.Add(key);
        return new(id, new CertificateIssuer(certificate, key, serialPrefix), Pem.WriteCertificate(der), chain);
    }

    public void Dispose()
    {
        lock (_keys) _keys.ForEach(key => key.Dispose());
    }
}

using FleetPlatform.Pki;

namespace FleetPlatform.CertificateAuthority.Issuers;

/// <summary>The authority that signs now. Opened once, before the first request is taken.</summary>
/// <param name="Id">Names its stream.</param>
/// <param name="Signer">Prepares and signs.</param>
/// <param name="CertificatePem">Its certificate.</param>
sealed record ActiveIssuer(string Id, CertificateIssuer Signer, string CertificatePem);

/// <summary>Holds the open authority and the trust anchors. The root's key is not among them: only its certificate is ever read again.</summary>
sealed class IssuerRing : IDisposable
{
    FileIssuerKey? _key;
    ActiveIssuer? _active;
    string? _rootPem;

    /// <exception cref="InvalidOperationException">Not opened yet.</exception>
    public ActiveIssuer Active => _active ?? throw new InvalidOperationException("The issuing authority is not open yet.");

    /// <exception cref="InvalidOperationException">Not opened yet.</exception>
    public string RootPem => _rootPem ?? throw new InvalidOperationException("The issuing authority is not open yet.");

    public bool IsOpen => _active is not null;

    public void Open(IssuerCreated root, IssuerCreated issuing, CertificateAuthorityOptions options)
    {
        var certificate = CertificateText.Read(issuing.Certificate);
        var path = Path.Combine(options.DataDirectory, issuing.KeyFile);
        if (!File.Exists(path))
            throw new InvalidOperationException(
                $"The key of {issuing.IssuerId} is not at {path}. Restore the data directory that belongs to this database; replicas share it.");
        var key = FileIssuerKey.Load(path, options.KeyPassphrase);
        if (!key.SubjectPublicKeyInfo.Span.SequenceEqual(certificate.SubjectPublicKeyInfo.Span))
        {
            key.Dispose();
            throw new InvalidOperationException($"The key at {path} is not the one of {issuing.IssuerId}: data directory and database do not belong together.");
        }

        _key = key;
        _rootPem = Pem.WriteCertificate(root.Certificate);
        _active = new(issuing.IssuerId, new CertificateIssuer(certificate, key, issuing.SerialPrefix), Pem.WriteCertificate(issuing.Certificate));
    }

    public void Dispose() => _key?.Dispose();
}

/// <summary>Opens the ring at start, and hands out the root certificate.</summary>
sealed class OpenIssuers(CreateIssuers create, IssuerRing ring, CertificateAuthorityOptions options) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var (root, issuing) = await create.Run(cancellationToken);
        ring.Open(root, issuing, options);
        await WriteRoot(Path.Combine(options.DataDirectory, "root-ca.pem"), ring.RootPem, cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // For devices, tools and people: readable by all, and never half written.
    static async Task WriteRoot(string path, string pem, CancellationToken cancellation)
    {
        if (File.Exists(path) && await File.ReadAllTextAsync(path, cancellation) == pem) return;
        var temporary = $"{path}.{Environment.ProcessId}.new";
        await File.WriteAllTextAsync(temporary, pem, cancellation);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(temporary, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        File.Move(temporary, path, overwrite: true);
    }
}

using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Pki;
using FleetPlatform.ServiceDefaults;

namespace FleetPlatform.MqttGateway.Listening;

/// <summary>
/// The certificate this gateway shows to devices. The key is made here, P-256 because embedded clients take nothing else, and never leaves
/// the data folder; the certificate is asked from the authority, renewed with a new key before it ends, and swapped under live listeners.
/// </summary>
sealed class ServerCertificates(IAsk authority, GatewayOptions options, TimeProvider clock, ILogger<ServerCertificates> log) : BackgroundService
{
    const string FileName = "server.pem";
    static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);
    static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);
    static readonly TimeSpan LongestWait = TimeSpan.FromHours(12); // also how soon a set clock is noticed

    volatile Certificate? _current;

    sealed record Certificate(SslStreamCertificateContext Context, DateTimeOffset NotBefore, DateTimeOffset NotAfter, IReadOnlyList<string> Names);

    /// <summary>What to show now.</summary>
    /// <exception cref="InvalidOperationException">There is none yet; the listener opens only when there is.</exception>
    public SslStreamCertificateContext Current => _current?.Context ?? throw new InvalidOperationException("There is no server certificate yet.");

    /// <summary>Holds the start until there is a certificate: a listener without one can only refuse.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        _current = Load();
        if (_current is null || RenewalOf(_current) <= clock.GetUtcNow()) await Renew(giveUpWhenUsable: true, cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                var wait = RenewalOf(_current!) - clock.GetUtcNow();
                if (wait > TimeSpan.Zero) await Task.Delay(wait < LongestWait ? wait : LongestWait, clock, stoppingToken);
                if (RenewalOf(_current!) <= clock.GetUtcNow()) await Renew(giveUpWhenUsable: false, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // stopping
        }
    }

    DateTimeOffset RenewalOf(Certificate certificate) =>
        certificate.NotAfter - (certificate.NotAfter - certificate.NotBefore) * options.RenewAtRemaining;

    async Task Renew(bool giveUpWhenUsable, CancellationToken cancellation)
    {
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            string failure;
            try
            {
                using var key = KeyPair.CreateEcdsaP256();
                var answer = await authority.Ask<IssueServerCertificate, ServerCertificateIssued>(
                    new() { CertificateSigningRequest = key.CreateSigningRequest(options.Names[0]), Names = options.Names }, cancellation);
                if (answer.Value is { } issued)
                {
                    var pem = key.PrivateKeyPem + issued.CertificatePem + string.Concat(issued.ChainPem);
                    _current = Read(pem);
                    Keep(pem);
                    Log.ServerCertificate(log, options.HostNames, _current.NotAfter);
                    return;
                }

                failure = answer.Refused!.Code;
            }
            catch (Exception wrong) when (!cancellation.IsCancellationRequested)
            {
                failure = wrong is RequestUnavailableException ? wrong.Message : wrong.ToString();
            }

            if (giveUpWhenUsable && _current is { } usable && usable.NotAfter > clock.GetUtcNow()) return; // the timer asks again
            Log.NoServerCertificate(log, failure, pause.TotalMilliseconds);
            await Task.Delay(pause, clock, cancellation);
        }
    }

    // What is shown to devices is in memory; a full disk must not keep it from them.
    void Keep(string pem)
    {
        try
        {
            OwnerOnlyFile.Write(PathOfFile, pem);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Log.ServerCertificateNotKept(log, failure.Message);
        }
    }

    string PathOfFile => Path.Combine(options.DataDirectory, FileName);

    Certificate? Load()
    {
        try
        {
            if (!File.Exists(PathOfFile)) return null;
            var certificate = Read(File.ReadAllText(PathOfFile));
            return certificate.NotAfter > clock.GetUtcNow() && options.Names.All(name => certificate.Names.Contains(name, StringComparer.OrdinalIgnoreCase)) ? certificate : null;
        }
        catch (Exception wrong) when (wrong is PkiException or CryptographicException or ArgumentException or IOException)
        {
            Log.StoredCertificateUnusable(log, wrong.Message);
            return null;
        }
    }

    static Certificate Read(string pem)
    {
        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(pem);
        if (chain.Count == 0) throw new PkiException("certificate-invalid", "The file holds no certificate.");
        using var key = KeyPair.FromPem(pem.AsSpan(0, pem.IndexOf("-----BEGIN CERTIFICATE", StringComparison.Ordinal)));
        var leaf = key.ToX509(Pem.WriteCertificate(chain[0].RawData));
        var text = CertificateText.Read(leaf.RawData);
        return new(
            // Offline: the intermediate is at hand, and nothing is to be fetched or sorted out in a handshake.
            SslStreamCertificateContext.Create(leaf, [.. chain.Skip(1)], offline: true), text.NotBefore, text.NotAfter,
            [.. text.DnsNames, .. text.IpAddresses.Select(address => address.ToString())]);
    }
}

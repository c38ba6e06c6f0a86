using System.ComponentModel.DataAnnotations;
using System.Net;
using FleetPlatform.Contracts.CertificateAuthority;
using Microsoft.Extensions.Configuration;

namespace FleetPlatform.MqttGateway;

/// <summary>Where the gateway listens and what it allows before it says no. Section <c>MqttGateway</c>; every limit is in docs/limits.md.</summary>
sealed class GatewayOptions : IValidatableObject
{
    public const string Section = "MqttGateway";

    /// <summary>Port of the mutual-TLS listener, from <c>MQTTS_PORT</c>. 0 picks a free one. Default 8883.</summary>
    [Range(0, 65535), ConfigurationKeyName("Port")]
    public int Port { get; set; } = 8883;

    /// <summary>Address of the listener. Default 127.0.0.1; 0.0.0.0 or :: for a fleet.</summary>
    [Required]
    public string BindAddress { get; init; } = "127.0.0.1";

    /// <summary>Port of a listener without TLS and without identity, for conformance suites: everything but provisioning allowed. 0 or null: off.</summary>
    [Range(0, 65535)]
    public int? PlainPort { get; init; }

    /// <summary>Address of that listener. Default 127.0.0.1; anything else lets whoever reaches it publish and subscribe to everything outside <c>$aws</c>.</summary>
    [Required]
    public string PlainBindAddress { get; init; } = "127.0.0.1";

    /// <summary>True opens the plain listener even with port 0, on a free port. Default false.</summary>
    public bool PlainListener { get; init; }

    /// <summary>Names and addresses for the server's certificate, separated by commas. Default: localhost, the loopback addresses and this host's name.</summary>
    public string HostNames { get; init; } = $"localhost,127.0.0.1,::1,{Dns.GetHostName()}";

    /// <summary>What receipts call this gateway; unlike every other's. Default: this host's name and the port.</summary>
    public string Name { get; init; } = "";

    /// <summary>How often this gateway says that it is there. Default 5 s; the revocation service misses it after 20 s.</summary>
    public TimeSpan PresencePeriod { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long connections wait for the revocation service to say what was revoked meanwhile. Then the gateway, if it has kept an earlier
    /// answer, admits on what it knows and is degraded; without one it goes on refusing, and /health says 503. Default 10 s.
    /// </summary>
    public TimeSpan CatchUpPatience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often it is asked again although nothing was missed. Default 1 minute.</summary>
    public TimeSpan CatchUpPeriod { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Folder for the server's key and certificate, made with mode 0700. Default <c>.fleet/mqtt-gateway</c>.</summary>
    [Required]
    public string DataDirectory { get; init; } = ".fleet/mqtt-gateway";

    /// <summary>The server's certificate is renewed when this share of its life is left. 0.1 to 0.9; default a third.</summary>
    [Range(0.1, 0.9)]
    public double RenewAtRemaining { get; init; } = 1.0 / 3;

    /// <summary>Key pairs made for CreateKeysAndCertificate. Default P-256.</summary>
    public KeyAlgorithm GeneratedKeys { get; init; } = KeyAlgorithm.EcdsaP256;

    /// <summary>How long a question on the bus may take before the device is told to retry. Default 3 s, below what SDKs wait.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>The same for a device whose template has a pre-provisioning hook, which may itself take five seconds. Default 10 s.</summary>
    public TimeSpan HookedRequestTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Provisioning requests of one connection that may be unanswered; one more is rejected with 429. Default 4.</summary>
    [Range(1, 64)]
    public int OutstandingRequests { get; init; } = 4;

    /// <summary>Rejections with 429 that may wait behind them; a client that sends still more is disconnected. Default 16.</summary>
    [Range(0, 1024)]
    public int OutstandingRejections { get; init; } = 16;

    /// <summary>Provisioning requests with one certificate per second, and how many may come at once. Default 1,000 and 2,000.</summary>
    [Range(0.1, 1_000_000)]
    public double RequestsPerSecondPerPrincipal { get; init; } = 1_000;

    /// <inheritdoc cref="RequestsPerSecondPerPrincipal"/>
    [Range(1, 1_000_000)]
    public double RequestBurstPerPrincipal { get; init; } = 2_000;

    /// <summary>Connections with one certificate per second, and how many may come at once. Default 500 and 2,000.</summary>
    [Range(0.1, 1_000_000)]
    public double ConnectsPerSecondPerPrincipal { get; init; } = 500;

    /// <inheritdoc cref="ConnectsPerSecondPerPrincipal"/>
    [Range(1, 1_000_000)]
    public double ConnectBurstPerPrincipal { get; init; } = 2_000;

    /// <summary>Look-ups of unknown certificates that one address may cause per second, and at once. Default 20 and 100.</summary>
    [Range(0.1, 1_000_000)]
    public double UnknownCertificatesPerSecond { get; init; } = 20;

    /// <inheritdoc cref="UnknownCertificatesPerSecond"/>
    [Range(1, 1_000_000)]
    public double UnknownCertificateBurst { get; init; } = 100;

    /// <summary>First and pending connections with certificates of one registered CA per second, and at once. Default 200 and 1,000.</summary>
    [Range(0.1, 1_000_000)]
    public double RegistrationsPerSecondPerAuthority { get; init; } = 200;

    /// <inheritdoc cref="RegistrationsPerSecondPerAuthority"/>
    [Range(1, 1_000_000)]
    public double RegistrationBurstPerAuthority { get; init; } = 1_000;

    /// <summary>True: certificates in mode SNI_ONLY must name one of <see cref="HostNames"/> in TLS, as AWS demands. Default false: here it decides nothing.</summary>
    public bool SniOnlyNeedsServerName { get; init; }

    /// <summary>Certificates whose rights are remembered; the least recently used is forgotten. About 2 KiB each. Default 50,000.</summary>
    [Range(1, 10_000_000)]
    public int RememberedPrincipals { get; init; } = 50_000;

    /// <summary>How long "no such certificate" is remembered. Default 5 s.</summary>
    public TimeSpan UnknownCertificateMemory { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a connection may last that is let in with an expired certificate, to renew it. Default 5 minutes.</summary>
    public TimeSpan RenewalConnection { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How often connections are looked at whose certificate may have expired meanwhile. Default 5 s.</summary>
    public TimeSpan ExpirySweep { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Facts waiting to be recorded; more are dropped and counted. Default 8,192.</summary>
    [Range(16, 1_000_000)]
    public int RecordQueue { get; init; } = 8_192;

    /// <summary>Refusals with one certificate recorded per minute, and at once; the others are only counted. Default 60.</summary>
    [Range(1, 100_000)]
    public double RecordedRefusalsPerMinutePerPrincipal { get; init; } = 60;

    /// <summary>Refusals recorded per second, and at once, and as many ends of connections; the others are only counted. Default 20 and 200.</summary>
    [Range(0.1, 100_000)]
    public double RecordedRefusalsPerSecond { get; init; } = 20;

    /// <inheritdoc cref="RecordedRefusalsPerSecond"/>
    [Range(1, 100_000)]
    public double RecordedRefusalBurst { get; init; } = 200;

    /// <summary>Refusals and undelivered answers recorded of one connection; the others are only counted. Default 250.</summary>
    [Range(1, 10_000)]
    public int RecordedFactsPerConnection { get; init; } = 250;

    /// <summary>This gateway as a place in receipts.</summary>
    public string Place => $"mqtt-gateway/{(Name.Length > 0 ? Name : $"{Dns.GetHostName()}:{Port}")}";

    public IReadOnlyList<string> Names => HostNames.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!IPAddress.TryParse(BindAddress, out _)) yield return new($"{Section}:{nameof(BindAddress)} ({BindAddress}) is not an IP address.");
        if (!IPAddress.TryParse(PlainBindAddress, out _)) yield return new($"{Section}:{nameof(PlainBindAddress)} ({PlainBindAddress}) is not an IP address.");
        if (Names.Count == 0) yield return new($"{Section}:{nameof(HostNames)} names nothing.");
        if (RequestTimeout < TimeSpan.FromMilliseconds(50) || RequestTimeout > TimeSpan.FromSeconds(60))
            yield return new($"{Section}:{nameof(RequestTimeout)} ({RequestTimeout}) must be between 50 ms and a minute.");
        if (UnknownCertificateMemory < TimeSpan.Zero || UnknownCertificateMemory > TimeSpan.FromMinutes(1))
            yield return new($"{Section}:{nameof(UnknownCertificateMemory)} ({UnknownCertificateMemory}) must be at most a minute.");
        if (PresencePeriod < TimeSpan.FromMilliseconds(100) || CatchUpPeriod < TimeSpan.FromMilliseconds(100) || CatchUpPatience <= TimeSpan.Zero)
            yield return new($"{Section}: {nameof(PresencePeriod)}, {nameof(CatchUpPeriod)} must be at least 100 ms, {nameof(CatchUpPatience)} above zero.");
        if (Name.Length > 100 || !Name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or ':'))
            yield return new($"{Section}:{nameof(Name)} has at most 100 letters, digits, '-', '_', '.' and ':'.");
        if (ExpirySweep < TimeSpan.FromMilliseconds(10)) yield return new($"{Section}:{nameof(ExpirySweep)} ({ExpirySweep}) must be at least 10 ms.");
    }
}

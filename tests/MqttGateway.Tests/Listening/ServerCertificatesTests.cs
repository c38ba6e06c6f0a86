using FleetPlatform.Contracts;
using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.MqttGateway.Listening;
using FleetPlatform.MqttGateway.Tests.Kit;
using FleetPlatform.ServiceDefaults;
using Microsoft.Extensions.Logging.Abstractions;

namespace FleetPlatform.MqttGateway.Tests.Listening;

public sealed class ServerCertificatesTests : IDisposable
{
    readonly string _folder = Path.Combine(Path.GetTempPath(), $"fleet-server-{Guid.CreateVersion7():N}");
    readonly Neighbours _neighbours = new();

    public void Dispose()
    {
        if (Directory.Exists(_folder)) Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task It_is_asked_for_once_and_kept_for_its_owner_only()
    {
        await Start("localhost,127.0.0.1");
        await Start("localhost,127.0.0.1");
        _neighbours.ServerCertificates.ShouldBe(1);

        var file = Path.Combine(_folder, "server.pem");
        if (OperatingSystem.IsWindows()) return;
        File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.GetUnixFileMode(_folder).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    [Fact]
    public async Task Another_name_needs_another_certificate()
    {
        await Start("localhost");
        await Start("localhost,gateway.example");
        _neighbours.ServerCertificates.ShouldBe(2);
    }

    [Theory]
    [InlineData("")]
    [InlineData("no pem")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")]
    public async Task A_file_that_cannot_be_used_is_replaced(string contents)
    {
        Directory.CreateDirectory(_folder);
        await File.WriteAllTextAsync(Path.Combine(_folder, "server.pem"), contents);
        await Start("localhost");
        _neighbours.ServerCertificates.ShouldBe(1);
    }

    [Fact]
    public async Task It_is_renewed_before_it_ends()
    {
        await Start("localhost");
        await Start("localhost", later: TimeSpan.FromDays(50));
        _neighbours.ServerCertificates.ShouldBe(1);
        await Start("localhost", later: TimeSpan.FromDays(70)); // of 90, less than a third is left
        _neighbours.ServerCertificates.ShouldBe(2);
    }

    [Fact]
    public async Task One_that_is_still_good_opens_the_listener_when_the_authority_is_away()
    {
        await Start("localhost");
        var away = new Away();
        (await Start("localhost", later: TimeSpan.FromDays(70), authority: away)).Current.ShouldNotBeNull();
        away.Asked.ShouldBe(1);
    }

    [Fact]
    public async Task One_that_cannot_be_kept_is_shown_all_the_same()
    {
        await File.WriteAllTextAsync(_folder, "where the folder should be");
        try
        {
            (await Start("localhost")).Current.ShouldNotBeNull();
        }
        finally
        {
            File.Delete(_folder);
        }

        await Start("localhost");
        _neighbours.ServerCertificates.ShouldBe(2);
    }

    [Fact]
    public async Task An_answer_that_cannot_be_read_is_asked_for_again()
    {
        var garbled = new Garbled(_neighbours);
        (await Start("localhost", authority: garbled)).Current.ShouldNotBeNull();
        garbled.Asked.ShouldBe(2);
    }

    async Task<ServerCertificates> Start(string names, TimeSpan later = default, IAsk? authority = null)
    {
        var clock = new Shifted(later);
        using var certificates = new ServerCertificates(
            authority ?? _neighbours, new GatewayOptions { DataDirectory = _folder, HostNames = names }, clock, NullLogger<ServerCertificates>.Instance);
        await certificates.StartAsync(default);
        certificates.Current.TargetCertificate.HasPrivateKey.ShouldBeTrue();
        await certificates.StopAsync(default);
        return certificates;
    }

    sealed class Shifted(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + by;
    }

    sealed class Away : IAsk
    {
        public int Asked { get; private set; }

        public Task<Answer<TAnswer>> Ask<TRequest, TAnswer>(TRequest request, CancellationToken cancellation = default)
            where TRequest : class where TAnswer : class
        {
            Asked++;
            return Task.FromResult(new Answer<TAnswer>(null, Reasons.Unavailable.ToRefused("away")));
        }

        public Task<Answer<TAnswer>> Ask<TRequest, TAnswer>(TRequest request, TimeSpan timeout, CancellationToken cancellation = default)
            where TRequest : class where TAnswer : class => Ask<TRequest, TAnswer>(request, cancellation);

        public Task<Answer<TAnswer>> AskService<TRequest, TAnswer>(string service, TRequest request, CancellationToken cancellation = default)
            where TRequest : class where TAnswer : class => Ask<TRequest, TAnswer>(request, cancellation);
    }

    /// <summary>Answers once with what is no certificate.</summary>
    sealed class Garbled(IAsk authority) : IAsk
    {
        public int Asked { get; private set; }

        public Task<Answer<TAnswer>> Ask<TRequest, TAnswer>(TRequest request, CancellationToken cancellation = default)
            where TRequest : class where TAnswer : class => ++Asked == 1
            ? Task.FromResult(new Answer<TAnswer>((TAnswer)(object)new ServerCertificateIssued { CertificatePem = "no pem", ChainPem = [], RootPem = TestAuthority.RootPem }, null))
            : authority.Ask<TRequest, TAnswer>(request, cancellation);

        public Task<Answer<TAnswer>> Ask<TRequest, TAnswer>(TRequest request, TimeSpan timeout, CancellationToken cancellation = default)
            where TRequest : class where TAnswer : class => Ask<TRequest, TAnswer>(request, cancellation);

        public Task<Answer<TAnswer>> AskService<TRequest, TAnswer>(string service, TRequest request, CancellationToken cancellation = default)
            where TRequest : class where TAnswer : class => Ask<TRequest, TAnswer>(request, cancellation);
    }
}

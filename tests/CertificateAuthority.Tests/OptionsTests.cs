using System.ComponentModel.DataAnnotations;
using FleetPlatform.CertificateAuthority.Keys;

namespace FleetPlatform.CertificateAuthority.Tests;

public sealed class OptionsTests
{
    [Fact]
    public void Nonsense_is_refused_at_start()
    {
        Valid(TestAuthority.Defaults("/tmp")).ShouldBeTrue();
        Valid(new CertificateAuthorityOptions { DataDirectory = "/tmp", KeyPassphrase = "short" }).ShouldBeFalse();
        Valid(new CertificateAuthorityOptions { DataDirectory = "/tmp", KeyPassphrase = TestAuthority.Passphrase, IssuerValidity = TimeSpan.FromDays(99_999) }).ShouldBeFalse();
        Valid(new CertificateAuthorityOptions { DataDirectory = "/tmp", KeyPassphrase = TestAuthority.Passphrase, DeviceValidity = TimeSpan.Zero }).ShouldBeFalse();
        Valid(new OwnershipTokenOptions { Key = Convert.ToBase64String(new byte[32]) }).ShouldBeTrue();
        Valid(new OwnershipTokenOptions { Key = Convert.ToBase64String(new byte[31]) }).ShouldBeFalse();
        Valid(new OwnershipTokenOptions { Key = "no base64" }).ShouldBeFalse();
    }

    /// <summary>Peers 3.2 case 16: a client that checks a certificate cannot check another one for that first.</summary>
    [Theory]
    [InlineData("http://pki.example", true), InlineData("https://pki.example", false), InlineData("http://pki.example/", false), InlineData("pki.example", false)]
    public void Lists_are_where_a_client_fetches_them_without_tls(string url, bool valid) =>
        Valid(new CertificateAuthorityOptions { DataDirectory = "/tmp", KeyPassphrase = TestAuthority.Passphrase, RevocationUrl = url }).ShouldBe(valid);

    [Fact]
    public void A_bucket_gives_a_burst_then_the_rate()
    {
        var clock = new ManualClock(DateTimeOffset.UnixEpoch);
        var bucket = new TokenBucket(perSecond: 10, burst: 20, clock);
        Enumerable.Range(0, 25).Count(_ => bucket.TryTake(clock.GetTimestamp())).ShouldBe(20);
        clock.Advance(TimeSpan.FromMilliseconds(500));
        Enumerable.Range(0, 25).Count(_ => bucket.TryTake(clock.GetTimestamp())).ShouldBe(5);
        clock.Advance(TimeSpan.FromHours(1));
        bucket.IsFull(clock.GetTimestamp()).ShouldBeTrue();
    }

    [Fact]
    public void Endless_claims_cost_bounded_memory()
    {
        var clock = new ManualClock(DateTimeOffset.UnixEpoch);
        var limits = new ClaimLimits(new() { RequestsPerSecond = 1 }, clock);
        for (var i = 0; i < 50_000; i++) limits.Admits($"claim-{i}").ShouldBeTrue();
        limits.Count.ShouldBeLessThanOrEqualTo(10_000);
    }

    static bool Valid(object options) => Validator.TryValidateObject(options, new(options), null, validateAllProperties: true);
}

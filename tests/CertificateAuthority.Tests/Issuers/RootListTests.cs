using FleetPlatform.CertificateAuthority.Issuers;
using FleetPlatform.Contracts;
using FleetPlatform.Events;
using FleetPlatform.Pki;

namespace FleetPlatform.CertificateAuthority.Tests.Issuers;

/// <summary>What a root says of the authorities below it: without its list nobody can check a whole chain. Peers 3.2 case 18.</summary>
public sealed class RootListTests
{
    [Fact]
    public async Task The_first_start_leaves_a_list_with_which_openssl_checks_the_whole_chain()
    {
        await using var authority = await TestAuthority.Start(folder => new()
        {
            DataDirectory = folder, KeyPassphrase = TestAuthority.Passphrase, RsaPoolSize = 0, RevocationUrl = "http://pki.example", RootListValidity = TimeSpan.FromDays(400),
        }, makesKeys: true);
        var installed = authority.Ring.RootLists.Single();
        var issuing = authority.Ring.Active.Signer.Certificate;
        var root = authority.Ring.Roots.Single();
        issuing.RevocationListUrl.ShouldBe(RevocationPoints.RootListUrl("http://pki.example", CertificateText.Read(root).SubjectPublicKeyInfo.Span));
        (installed.NextUpdate - installed.ThisUpdate).ShouldBe(TimeSpan.FromDays(400));

        var folder = authority.Options.DataDirectory;
        await File.WriteAllTextAsync($"{folder}/root-list.pem", Pem.Write(SignedRevocationList.Label, installed.List));
        await File.WriteAllTextAsync($"{folder}/issuing.pem", authority.Ring.Active.CertificatePem);
        string[] check = ["verify", "-crl_check_all", "-x509_strict", "-attime", $"{authority.Clock.GetUtcNow().AddDays(1).ToUnixTimeSeconds()}", "-CAfile", $"{folder}/root-ca.pem", "-CRLfile", $"{folder}/root-list.pem", $"{folder}/issuing.pem"];
        RollOverTests.OpenSsl(check).ShouldContain("OK");
        (await new IssuerHealth(authority.Ring, authority.Clock).CheckHealthAsync(new())).Status.ShouldBe(Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus.Healthy);
        authority.Clock.Advance(TimeSpan.FromDays(380));
        (await new IssuerHealth(authority.Ring, authority.Clock).CheckHealthAsync(new())).Description!.ShouldContain("lapses in");
    }

    [Fact]
    public async Task A_list_is_taken_from_a_known_root_with_a_number_that_rises_and_never_ends_an_authority_at_work()
    {
        await using var authority = await TestAuthority.Start();
        using var key = RollOverTests.RootKey(authority);
        var root = authority.Ring.Roots.Single();
        var text = CertificateText.Read(root);
        var now = authority.Clock.GetUtcNow();
        var first = new RootList(authority.Ring.RootLists.Single());
        (string, string)[] signing = [("issuing-1", authority.Ring.Active.SerialNumber)];
        Decision<RootListEvent> Decide(SignedRevocationList list, byte[]? signer) => InstallRootList.Decide(list, signer, first, signing, "op", now);

        SignedRevocationList List(long number, DateTimeOffset at, params byte[][] serials) => SignedRevocationList.Read(
            SignedRevocationList.Sign(text, key, serials.Select(serial => new RevocationListEntry(serial, at, 2)), number, at, TimeSpan.FromDays(30)));
        var next = first.Installed!.Number + 1;

        Decide(List(next, now), root).Events.Single().ShouldBeOfType<RootListInstalled>().Number.ShouldBe(next);
        Decide(SignedRevocationList.Read(first.Installed.List), root).Events.ShouldBeEmpty("it is published");
        Decide(List(next - 1, now), root).Refusal!.Detail.ShouldContain("does not rise");
        Decide(List(next, now), null).Refusal!.Detail.ShouldContain("No root");
        Decide(List(next, now.AddDays(-31)), root).Refusal!.Detail.ShouldContain("lapsed");
        Decide(List(next, now.AddHours(1)), root).Refusal!.Detail.ShouldContain("future");
        Decide(List(next, now, authority.Ring.Active.Signer.Certificate.SerialNumber.ToArray()), root).Refusal!.Code.ShouldBe(Reasons.CertificateState.Code);

        using var other = new RollOverTests.ForeignRoot(authority.Options.DataDirectory);
        List(next, now).IsSignedBy(CertificateText.ReadPem(other.Pem)).ShouldBeFalse();
        List(next, now).IsSignedBy(text).ShouldBeTrue();
    }

    [Fact]
    public async Task An_authority_that_its_root_has_revoked_is_given_no_work()
    {
        await using var authority = await TestAuthority.Start();
        var id = await RollOverTests.Install(authority);
        using var key = RollOverTests.RootKey(authority);
        var root = authority.Ring.Roots.Single();
        var now = authority.Clock.GetUtcNow();
        var standby = authority.Ring.Find(id)!;
        var list = SignedRevocationList.Read(SignedRevocationList.Sign(CertificateText.Read(root), key,
            [new(standby.Signer.Certificate.SerialNumber, now, 2)], now.ToUnixTimeMilliseconds() + 1, now, TimeSpan.FromDays(30)));
        await authority.Store.WriteToAggregate<RootList, RootListEvent>(RootList.StreamOf(CertificateId.Of(root)), before => InstallRootList.Decide(list, root, before, [], "op", now));
        await authority.Opening().Reopen(default);

        authority.Ring.IsRevoked(standby).ShouldBeTrue();
        authority.Ring.IsRevoked(authority.Ring.Active).ShouldBeFalse();
        AssignSigning.Decide(new() { IssuerId = id, Profiles = [], RequestedBy = "op" }, Signing.Initial, standby, isRevoked: true, "root", now).Refusal!.Detail.ShouldContain("revoked by its root");
    }
}

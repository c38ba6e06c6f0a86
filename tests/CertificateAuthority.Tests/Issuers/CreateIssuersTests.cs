using System.Security.Cryptography;
using FleetPlatform.CertificateAuthority.Issuers;
using FleetPlatform.Events;
using FleetPlatform.Pki;
using FleetPlatform.PostgresKit;
using Microsoft.Extensions.Logging.Abstractions;

namespace FleetPlatform.CertificateAuthority.Tests.Issuers;

public sealed class CreateIssuersTests
{
    [Fact]
    public async Task The_first_start_makes_a_root_an_issuer_and_their_files()
    {
        await using var authority = await TestAuthority.Start(makesKeys: true);
        var folder = authority.Options.DataDirectory;

        var root = CertificateText.ReadPem(await File.ReadAllTextAsync(Path.Combine(folder, "root-ca.pem")));
        root.IsAuthority.ShouldBeTrue();
        root.IsSignedBy(root).ShouldBeTrue();
        var issuing = authority.Ring.Active.Signer.Certificate;
        issuing.IsSignedBy(root).ShouldBeTrue();
        issuing.PathLength.ShouldBe(0);
        File.GetUnixFileMode(Path.Combine(folder, "root-ca.pem")).HasFlag(UnixFileMode.OtherRead).ShouldBeTrue();
        foreach (var key in (string[])["offline/root-key.pem", "issuers/issuing-1.key.pem"])
        {
            File.GetUnixFileMode(Path.Combine(folder, key)).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
            (await File.ReadAllTextAsync(Path.Combine(folder, key))).ShouldStartWith("-----BEGIN ENCRYPTED PRIVATE KEY-----");
        }
    }

    [Fact]
    public async Task Replicas_that_start_at_once_share_one_root()
    {
        await using var database = await PostgresDatabase.Create();
        var options = TestAuthority.Defaults(TestAuthority.AFolder());
        await using var schema = new EventStore(database.DataSource, new() { EventTypes = EventNames.All });
        await schema.EnsureSchemaAsync();

        var created = await Task.WhenAll(Enumerable.Range(0, 6).Select(async _ =>
        {
            await using var store = new EventStore(database.DataSource, new() { EventTypes = EventNames.All });
            return await new CreateIssuers(store, TestAuthority.StoresOf(options), options, TimeProvider.System, NullLogger<CreateIssuers>.Instance).Run(CancellationToken.None);
        }));

        created.Select(pair => pair.Root.CertificateId).Distinct().Count().ShouldBe(1);
        created.Select(pair => pair.Issuing.CertificateId).Distinct().Count().ShouldBe(1);
        (await database.Scalar<long>("select count(*) from mt_events")).ShouldBe(3);
        (await database.Scalar<long>("select count(*) from pg_locks l join pg_database d on d.oid = l.database where l.locktype = 'advisory' and d.datname = current_database()")).ShouldBe(0);
        using var ring = new IssuerRing();
        ring.Open([new(created[0].Root, null, null), new(created[0].Issuing, null, null)], Signing.Initial, TestAuthority.StoresOf(options));
    }

    [Fact]
    public async Task A_restart_needs_the_issuing_key_and_never_the_roots()
    {
        await using var authority = await TestAuthority.Start(makesKeys: true);
        Directory.Delete(Path.Combine(authority.Options.DataDirectory, "offline"), recursive: true);
        var before = authority.Ring.RootsPem;

        await authority.Opening().StartAsync(CancellationToken.None);

        authority.Ring.RootsPem.ShouldBe(before);
        Directory.Exists(Path.Combine(authority.Options.DataDirectory, "offline")).ShouldBeFalse();
    }

    [Fact]
    public async Task A_lost_or_foreign_key_and_a_wrong_passphrase_stop_the_start()
    {
        await using var authority = await TestAuthority.Start(makesKeys: true);
        var create = new CreateIssuers(authority.Store, authority.Keys, authority.Options, authority.Clock, NullLogger<CreateIssuers>.Instance);
        var (root, issuing) = await create.Run(CancellationToken.None);
        var path = Path.Combine(authority.Options.DataDirectory, issuing.KeyFile);
        using var ring = new IssuerRing();
        void Open(CertificateAuthorityOptions options) =>
            ring.Open([new(root, null, null), new(issuing, null, null)], Signing.Initial, TestAuthority.StoresOf(options));

        Should.Throw<CryptographicException>(() => Open(new() { DataDirectory = authority.Options.DataDirectory, KeyPassphrase = "another passphrase" }));
        FileIssuerKey.Create(path, TestAuthority.Passphrase).Dispose();
        Should.Throw<InvalidOperationException>(() => Open(authority.Options)).Message.ShouldContain("do not belong together");
        File.Delete(path);
        Should.Throw<InvalidOperationException>(() => Open(authority.Options)).Message.ShouldContain("Restore the data directory");
        ring.IsOpen.ShouldBeFalse();
    }

    [Fact]
    public async Task Keys_of_an_earlier_root_are_put_aside_and_not_overwritten()
    {
        var folder = TestAuthority.AFolder();
        FileIssuerKey.Create(Path.Combine(folder, "offline", "root-key.pem"), "old").Dispose();
        var old = await File.ReadAllTextAsync(Path.Combine(folder, "offline", "root-key.pem"));

        await using var authority = await TestAuthority.Start(_ => TestAuthority.Defaults(folder), makesKeys: true);

        (await File.ReadAllTextAsync(Directory.GetFiles(Path.Combine(folder, "offline"), "*.unused").Single())).ShouldBe(old);
    }

    [Fact]
    public async Task A_first_start_takes_over_what_an_offline_ceremony_left()
    {
        var folder = TestAuthority.AFolder();
        var install = Directory.CreateDirectory(Path.Combine(folder, "install")).FullName;
        string At(string file) => Path.Combine(install, file);
        await File.WriteAllTextAsync(At("ca.cnf"), "[req]\ndistinguished_name=dn\nprompt=no\n[dn]\nCN=Plant root\n[root]\nbasicConstraints=critical,CA:TRUE\nsubjectKeyIdentifier=hash\n"
            + "keyUsage=critical,keyCertSign,cRLSign\n[issuing]\nbasicConstraints=critical,CA:TRUE,pathlen:0\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\nkeyUsage=critical,keyCertSign,cRLSign\n");
        RollOverTests.OpenSsl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", At("root.key"), "-out", At("root-ca.pem"), "-days", "7000", "-config", At("ca.cnf"), "-extensions", "root");
        RollOverTests.OpenSsl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp384r1", "-aes256", "-pass", $"pass:{TestAuthority.Passphrase}", "-out", At("issuing-key.pem"));
        RollOverTests.OpenSsl("req", "-new", "-key", At("issuing-key.pem"), "-passin", $"pass:{TestAuthority.Passphrase}", "-subj", "/CN=Plant issuing", "-out", At("issuing.csr"));
        RollOverTests.OpenSsl("x509", "-req", "-in", At("issuing.csr"), "-CA", At("root-ca.pem"), "-CAkey", At("root.key"), "-CAcreateserial", "-days", "6000",
            "-out", At("issuing.pem"), "-extfile", At("ca.cnf"), "-extensions", "issuing");
        File.Delete(At("root.key")); // offline

        // The certificates are of today, and the standing clock is of another day.
        await using var authority = await TestAuthority.Start(_ => TestAuthority.Defaults(folder), DateTimeOffset.UtcNow.AddMinutes(1), makesKeys: true);

        authority.Ring.Active.Signer.Certificate.Subject.CommonName.ShouldBe("Plant issuing");
        File.Exists(At("issuing-key.pem")).ShouldBeFalse("it was taken, not copied");
        Directory.Exists(Path.Combine(folder, "offline")).ShouldBeFalse("no root's key is here");
        var answer = await authority.Handle(TestAuthority.Asking(TestAuthority.ACsr()));
        RollOverTests.Verify(authority, authority.Ring.Active, answer.CertificatePem!).ShouldContain("ecdsa-with-SHA384");
    }

    [Fact]
    public async Task A_ceremony_that_does_not_fit_together_stops_the_start()
    {
        var folder = TestAuthority.AFolder();
        Directory.CreateDirectory(Path.Combine(folder, "install"));
        (await Should.ThrowAsync<InvalidOperationException>(TestAuthority.Start(_ => TestAuthority.Defaults(folder), makesKeys: true))).Message.ShouldContain("root-ca.pem is missing");
    }
}

using System.Security.Cryptography;

namespace FleetPlatform.Pki.Tests;

/// <summary>Keys on lists (peers 3.2 case 31). What stands in the lists comes from openssl, as Debian made them.</summary>
public sealed class WeakKeyListTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("weak-keys-").FullName;
    readonly string _lists;

    public WeakKeyListTests() => _lists = Directory.CreateDirectory(Path.Combine(_folder, "lists")).FullName;

    [Fact]
    public void A_key_of_debians_list_is_found_and_another_is_not()
    {
        var pem = Path.Combine(_folder, "key.pem");
        File.WriteAllText(pem, Keys.Rsa2048.ExportRSAPrivateKeyPem());
        var modulus = OpenSsl.Run("rsa", "-in", pem, "-noout", "-modulus").Output;
        // openssl rsa -noout -modulus | sha1sum | cut -c21-40, as openssl-blacklist's own README has it
        File.WriteAllText(Path.Combine(_folder, "modulus"), modulus);
        var hash = OpenSsl.Run("dgst", "-sha1", "-r", Path.Combine(_folder, "modulus")).Output[20..40];
        File.WriteAllText(Path.Combine(_lists, "blacklist.RSA-2048"), $"# a comment\n00000000000000000000\n{hash}\nffffffffffffffffffff\n");

        var list = WeakKeyList.Load(_lists);

        list.Count.ShouldBe(3);
        list.FindFault(Keys.Rsa2048.ExportSubjectPublicKeyInfo())!.ShouldContain("CVE-2008-0166");
        using var other = RSA.Create(2048);
        list.FindFault(other.ExportSubjectPublicKeyInfo()).ShouldBeNull();
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        list.FindFault(ec.ExportSubjectPublicKeyInfo()).ShouldBeNull();
    }

    [Fact]
    public void A_key_of_any_kind_is_found_by_its_fingerprint()
    {
        using var stolen = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var spki = stolen.ExportSubjectPublicKeyInfo();
        File.WriteAllText(Path.Combine(_lists, "stolen"), Convert.ToHexString(SHA256.HashData(spki)) + "\n");
        var list = WeakKeyList.Load(_lists);
        list.FindFault(spki)!.ShouldContain("compromised");
        list.FindFault(Keys.Rsa2048.ExportSubjectPublicKeyInfo()).ShouldBeNull();
    }

    [Fact]
    public void What_is_no_list_is_named_and_no_list_is_empty()
    {
        WeakKeyList.Load(Path.Combine(_folder, "nowhere")).Count.ShouldBe(0);
        File.WriteAllText(Path.Combine(_lists, "bad"), "# fine\n0123\n");
        Should.Throw<InvalidDataException>(() => WeakKeyList.Load(_lists)).Message.ShouldContain("bad, line 2");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}

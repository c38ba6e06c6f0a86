using System.Security.Cryptography;

namespace FleetPlatform.Pki.Tests;

/// <summary>Keys that OpenSSL makes and tells the numbers of, next to what the framework makes of the same octets.</summary>
public sealed class EcPrivateKeyTests
{
    [Fact]
    public void A_key_is_written_as_the_framework_writes_it_and_signs_for_itself()
    {
        for (var i = 0; i < 64; i++)
        {
            using var made = EcPrivateKey.TryCreateP256().ShouldNotBeNull();
            var der = made.ExportPrivateKey();

            using var framework = ECDsa.Create();
            framework.ImportECPrivateKey(der, out var read);
            read.ShouldBe(der.Length);
            framework.ExportECPrivateKey().ShouldBe(der);
            framework.ExportSubjectPublicKeyInfo().ShouldBe(made.ExportPublicKey());
            using var signer = made.ToEcdsa();
            framework.VerifyData("said"u8, signer.SignData("said"u8, HashAlgorithmName.SHA256), HashAlgorithmName.SHA256).ShouldBeTrue();
        }
    }

    [Fact]
    public async Task Keys_that_are_made_at_once_are_all_different()
    {
        var made = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Enumerable.Range(0, 50).Select(_ => Hash()).ToArray())));
        made.SelectMany(hashes => hashes).Distinct().Count().ShouldBe(400);

        static string Hash()
        {
            using var pair = KeyPair.CreateEcdsaP256();
            using var again = KeyPair.FromPem(pair.PrivateKeyPem);
            again.SubjectPublicKeyInfo.ShouldBe(pair.SubjectPublicKeyInfo);
            return Convert.ToHexString(SHA256.HashData(pair.SubjectPublicKeyInfo));
        }
    }
}

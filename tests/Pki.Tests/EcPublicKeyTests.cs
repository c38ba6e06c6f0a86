using System.Security.Cryptography;

namespace FleetPlatform.Pki.Tests;

/// <summary>Keys that were handed to OpenSSL as points, next to what the framework makes of the same octets.</summary>
public sealed class EcPublicKeyTests
{
    [Theory]
    [InlineData("nistP256", Oids.P256), InlineData("nistP384", Oids.P384), InlineData("nistP521", Oids.P521)]
    public void A_point_is_taken_or_refused_as_the_framework_does_and_verifies_the_same(string name, string oid)
    {
        using var signer = ECDsa.Create(ECCurve.CreateFromFriendlyName(name));
        using var another = ECDsa.Create(ECCurve.CreateFromFriendlyName(name));
        var signature = signer.SignData("said"u8, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        var (point, half) = (PointOf(signer), PointOf(signer).Length / 2);
        var points = new Dictionary<string, byte[]>
        {
            ["sound"] = point,
            ["another's"] = PointOf(another),
            ["zero"] = [4, .. new byte[2 * half]],
            ["not below the prime"] = [4, .. Enumerable.Repeat((byte)0xff, 2 * half)],
            ["the same coordinate twice"] = [4, .. point[1..(1 + half)], .. point[1..(1 + half)]],
            ["infinity"] = [0],
            ["too long"] = [.. point, 0],
            ["too short"] = point[..^1],
        };
        for (var form = 0; form < 9; form++) points[$"form {form}"] = [(byte)form, .. point[1..]];
        for (var at = 1; at < point.Length; at += 5) points[$"another octet {at}"] = [.. point[..at], (byte)(point[at] ^ (1 << (at % 8))), .. point[(at + 1)..]];

        foreach (var (what, octets) in points)
        {
            var spki = Csr.EcSpki(oid, octets);
            Verdict(() => EcPublicKey.Import(PublicKey.Read(spki)), signature).ShouldBe(Verdict(() => Framework(spki), signature), what);
        }

        Verdict(() => EcPublicKey.Import(PublicKey.Read(Csr.EcSpki(oid, point))), signature).ShouldBe(true);
    }

    [Fact]
    public void A_refused_point_leaves_nothing_behind_for_the_next_operation()
    {
        var bad = Csr.EcSpki(Oids.P256, [4, .. new byte[64]]);
        Should.Throw<CryptographicException>(() => EcPublicKey.Import(PublicKey.Read(bad)).Dispose()).Message.ShouldContain("curve");

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        key.VerifyData("said"u8, [1, 2, 3], HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence).ShouldBeFalse();
    }

    static bool? Verdict(Func<ECDsa> import, byte[] signature)
    {
        try
        {
            using var key = import();
            return key.VerifyData("said"u8, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    static byte[] PointOf(ECDsa key) => key.ExportParameters(false).Q is var q ? [4, .. q.X!, .. q.Y!] : [];

    static ECDsa Framework(byte[] spki)
    {
        var key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(spki, out _);
        return key;
    }
}

using System.Numerics;
using System.Security.Cryptography;

namespace FleetPlatform.Pki.Tests;

public sealed class KeyPolicyTests
{
    [Fact]
    public void Honest_keys_pass()
    {
        Fault(Keys.Rsa2048.ExportSubjectPublicKeyInfo()).ShouldBeNull();
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Fault(ec.ExportSubjectPublicKeyInfo()).ShouldBeNull();
    }

    [Fact]
    public void Short_rsa_keys_are_weak()
    {
        using var rsa = RSA.Create(1024);
        Refused(Csr.Rsa(rsa));
        Fault(Csr.RsaSpki((BigInteger.One << 2046) + 1, 65537))!.ShouldContain("2047 bits");
    }

    [Fact]
    public void Endless_rsa_keys_are_refused_before_their_signature_is_checked() =>
        Fault(Csr.RsaSpki((BigInteger.One << 8191) + 1, 65537))!.ShouldContain("8192 bits");

    [Theory]
    [InlineData(3)]
    [InlineData(65535)]
    [InlineData(65538)]
    [InlineData(4294967297)]
    public void Exponents_outside_65537_to_32_bits_are_weak(long exponent) =>
        Fault(Csr.RsaSpki(Modulus(Keys.Rsa2048), exponent))!.ShouldContain("exponent");

    [Fact]
    public void Even_moduli_and_small_factors_are_weak()
    {
        Fault(Csr.RsaSpki(BigInteger.One << 2047, 65537))!.ShouldContain("even");
        var composite = Modulus(Keys.Rsa2048) * 751;
        Fault(Csr.RsaSpki(composite, 65537))!.ShouldContain("751");
    }

    [Fact]
    public void Close_primes_are_weak()
    {
        var p = Prime(Random1024());
        var q = Prime(p + (BigInteger.One << 480));
        Fault(Csr.RsaSpki(p * q, 65537))!.ShouldContain("close primes");
    }

    [Fact]
    public void A_key_of_the_roca_generator_is_weak()
    {
        // p = k·M + (65537^a mod M), M the product of the first 126 primes: how the flawed generator made 2048-bit keys.
        var m = Primes(126).Aggregate(BigInteger.One, (product, prime) => product * prime);
        BigInteger RocaPrime(int seed)
        {
            for (var k = (BigInteger.One << (1023 - (int)m.GetBitLength() + 1)) + seed; ; k++)
                if ((k * m) + BigInteger.ModPow(65537, seed, m) is var candidate && candidate.GetBitLength() >= 1024 && IsProbablePrime(candidate))
                    return candidate;
        }

        var modulus = RocaPrime(1_234_567) * RocaPrime(7_654_321_0);
        Fault(Csr.RsaSpki(modulus, 65537))!.ShouldContain("ROCA");
    }

    [Fact]
    public void A_point_that_is_not_on_the_curve_is_weak()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var q = key.ExportParameters(false).Q;
        q.Y![31] ^= 1;
        Refused(Csr.Assemble(Csr.AName, Csr.EcSpki(Oids.P256, [4, .. q.X!, .. q.Y]),
            info => key.SignData(info, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence)));
    }

    [Fact]
    public void Points_that_are_compressed_infinite_or_of_another_length_are_weak()
    {
        Fault(Csr.EcSpki(Oids.P256, [0])).ShouldNotBeNull();
        Fault(Csr.EcSpki(Oids.P256, [2, .. new byte[32]])).ShouldNotBeNull();
        Fault(Csr.EcSpki(Oids.P256, [4, .. new byte[63]])).ShouldNotBeNull();
        Fault(Csr.EcSpki(Oids.P384, [4, .. new byte[64]])).ShouldNotBeNull();
    }

    [Fact]
    public void Curves_without_a_standard_name_are_weak()
    {
        Fault(Csr.EcSpki("1.3.132.0.10", [4, .. new byte[64]])).ShouldNotBeNull();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var explicitCurve = ECDsa.Create(key.ExportExplicitParameters(false)).ExportSubjectPublicKeyInfo();
        Fault(explicitCurve).ShouldNotBeNull();
    }

    [Fact]
    public void Ed25519_is_refused_by_name()
    {
        byte[] spki = [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00, .. new byte[32]];
        Fault(spki)!.ShouldContain("another kind");
    }

    static void Refused(string pem) => Should.Throw<PkiException>(() => SigningRequest.Read(pem)).Code.ShouldBe("weak-key");

    static string? Fault(byte[] spki) => KeyPolicy.FindFault(PublicKey.Read(spki));

    static BigInteger Modulus(RSA rsa) => new(rsa.ExportParameters(false).Modulus, isUnsigned: true, isBigEndian: true);

    static BigInteger Random1024()
    {
        var octets = RandomNumberGenerator.GetBytes(128);
        octets[0] |= 0xC0;
        return new(octets, isUnsigned: true, isBigEndian: true);
    }

    static BigInteger Prime(BigInteger from)
    {
        for (var candidate = from | 1; ; candidate += 2)
            if (IsProbablePrime(candidate)) return candidate;
    }

    static IEnumerable<int> Primes(int count) =>
        Enumerable.Range(2, 10_000).Where(n => Enumerable.Range(2, (int)Math.Sqrt(n) - 1).All(d => n % d != 0)).Take(count);

    static readonly int[] FirstPrimes = [.. Primes(400)];

    static bool IsProbablePrime(BigInteger n)
    {
        if (FirstPrimes.Any(p => n % p == 0)) return false;
        var (odd, twos) = (n - 1, 0);
        while (odd.IsEven) (odd, twos) = (odd >> 1, twos + 1);
        foreach (var witness in (int[])[2, 3, 5, 7, 11])
        {
            var x = BigInteger.ModPow(witness, odd, n);
            for (var round = 1; round < twos && !x.IsOne && x != n - 1; round++) x = x * x % n;
            if (!x.IsOne && x != n - 1) return false;
        }

        return true;
    }
}

using System.Buffers.Binary;
using System.Numerics;

namespace FleetPlatform.Pki;

/// <summary>Which public keys may be certified. Everything here is cheaper than one signature check.</summary>
public static class KeyPolicy
{
    /// <summary>Smallest RSA modulus, in bits (NIST SP 800-131A).</summary>
    public const int MinimumRsaBits = 2048;

    /// <summary>Largest RSA modulus, in bits: the cost of checking a signature grows with its square.</summary>
    public const int MaximumRsaBits = 4096;

    const int FermatRounds = 100;
    const ulong MaximumExponent = uint.MaxValue;

    // Grouped so that one division of the modulus serves several primes: each product fits 32 bits.
    static readonly (uint Product, uint[] Primes)[] SmallPrimes = Group(Sieve(752));
    static readonly Dictionary<uint, UInt128[]> RocaResidues = Fingerprints();

    /// <summary>The first thing wrong with a key, or null when it may be certified.</summary>
    /// <remarks>
    /// EC: P-256, P-384 or P-521, uncompressed point (that it lies on the curve is checked when the signature is verified).
    /// RSA: 2048 to 4096 bits, odd exponent from 65537 to 2^32, no prime factor below 752, not of the ROCA shape (CVE-2017-15361),
    /// and not a product of two close primes (CVE-2022-26320).
    /// </remarks>
    public static string? FindFault(in PublicKey key) => key.Algorithm switch
    {
        PublicKeyAlgorithm.EcdsaP256 or PublicKeyAlgorithm.EcdsaP384 or PublicKeyAlgorithm.EcdsaP521 => FindPointFault(key),
        PublicKeyAlgorithm.Rsa => FindRsaFault(key),
        _ => "The key is of another kind than RSA or EC on P-256, P-384 or P-521.",
    };

    static string? FindPointFault(in PublicKey key)
    {
        var field = (key.Bits + 7) / 8;
        return key.Point.Length == 1 + (2 * field) && key.Point[0] == 0x04
            ? null
            : "The EC key is not an uncompressed point of its curve.";
    }

    static string? FindRsaFault(in PublicKey key)
    {
        if (key.Bits < MinimumRsaBits) return $"The RSA key has {key.Bits} bits; at least {MinimumRsaBits} are needed.";
        if (key.Bits > MaximumRsaBits) return $"The RSA key has {key.Bits} bits; at most {MaximumRsaBits} are accepted.";
        if (key.Exponent.Length > 4 || key.Exponent.IsEmpty) return "The RSA exponent is not between 65537 and 2^32.";
        ulong exponent = 0;
        foreach (var octet in key.Exponent) exponent = (exponent << 8) | octet;
        if (exponent is < 65537 or > MaximumExponent || exponent % 2 == 0) return "The RSA exponent is not an odd number of at least 65537.";
        if (key.Modulus[^1] % 2 == 0) return "The RSA modulus is even.";

        var looksLikeRoca = true;
        foreach (var (product, primes) in SmallPrimes)
        {
            var remainder = Remainder(key.Modulus, product);
            foreach (var prime in primes)
            {
                var residue = remainder % prime;
                if (residue == 0) return $"The RSA modulus is divisible by {prime}.";
                if (looksLikeRoca && RocaResidues.TryGetValue(prime, out var generated))
                    looksLikeRoca = (generated[residue / 128] >> (int)(residue % 128) & 1) == 1;
            }
        }

        if (looksLikeRoca) return "The RSA key was made by a generator whose keys can be factored (ROCA, CVE-2017-15361).";
        return HasClosePrimes(key.Modulus) ? "The RSA modulus is the product of two close primes." : null;
    }

    static uint Remainder(ReadOnlySpan<byte> bigEndian, uint divisor)
    {
        ulong remainder = 0;
        var head = bigEndian.Length % 4;
        foreach (var octet in bigEndian[..head]) remainder = ((remainder << 8) | octet) % divisor;
        for (var at = head; at < bigEndian.Length; at += 4)
            remainder = ((remainder << 32) | BinaryPrimitives.ReadUInt32BigEndian(bigEndian[at..])) % divisor;
        return (uint)remainder;
    }

    // Fermat's method: n = a² - b² with a just above √n. A hundred steps find what a broken generator makes, never an honest key.
    static bool HasClosePrimes(ReadOnlySpan<byte> modulus)
    {
        var n = new BigInteger(modulus, isUnsigned: true, isBigEndian: true);
        var a = SquareRoot(n);
        if (a * a < n) a++;
        var rest = (a * a) - n;
        for (var round = 0; round < FermatRounds; round++)
        {
            if (MayBeSquare(rest) && SquareRoot(rest) is var b && b * b == rest) return true;
            rest += (a << 1) + BigInteger.One;
            a++;
        }

        return false;
    }

    static bool MayBeSquare(BigInteger value) =>
        (0x0202021202030213UL >> (int)(uint)(value & 63) & 1) == 1 && IsResidue((uint)(value % (5 * 7 * 9 * 11)));

    static bool IsResidue(uint value)
    {
        foreach (var modulus in (ReadOnlySpan<uint>)[5, 7, 9, 11])
        {
            var wanted = value % modulus;
            var found = false;
            for (uint root = 0; root <= modulus / 2 && !found; root++) found = root * root % modulus == wanted;
            if (!found) return false;
        }

        return true;
    }

    static BigInteger SquareRoot(BigInteger value)
    {
        if (value.IsZero) return value;
        var root = BigInteger.One << (int)((value.GetBitLength() + 1) / 2);
        while (true)
        {
            var next = (root + (value / root)) >> 1;
            if (next >= root) return root;
            root = next;
        }
    }

    static uint[] Sieve(uint limit) =>
        [.. Enumerable.Range(3, (int)limit - 2).Select(n => (uint)n).Where(n => Enumerable.Range(2, (int)Math.Sqrt(n)).All(d => d >= n || n % (uint)d != 0))];

    static (uint, uint[])[] Group(uint[] primes)
    {
        var groups = new List<(uint, uint[])>();
        var members = new List<uint>();
        ulong product = 1;
        foreach (var prime in primes)
        {
            if (product * prime > uint.MaxValue)
            {
                groups.Add(((uint)product, [.. members]));
                members.Clear();
                product = 1;
            }

            product *= prime;
            members.Add(prime);
        }

        groups.Add(((uint)product, [.. members]));
        return [.. groups];
    }

    // A ROCA modulus is a power of 65537 modulo every prime up to 167 (Nemec et al., CCS 2017, §3.2): a chance of 2^-27 for others.
    static Dictionary<uint, UInt128[]> Fingerprints()
    {
        var fingerprints = new Dictionary<uint, UInt128[]>();
        foreach (var prime in Sieve(167))
        {
            var residues = new UInt128[2];
            for (uint power = 1, step = 0; step < prime; step++, power = power * (65537 % prime) % prime)
                residues[power / 128] |= UInt128.One << (int)(power % 128);
            fingerprints[prime] = residues;
        }

        return fingerprints;
    }
}

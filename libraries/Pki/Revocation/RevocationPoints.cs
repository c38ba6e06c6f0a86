using System.Formats.Asn1;

namespace FleetPlatform.Pki;

/// <summary>Where the revocation of an authority's certificates can be looked up, over plain HTTP (RFC 5280 §8: not over TLS, which would ask again).</summary>
/// <param name="BaseUrl">For example <c>http://pki.example.com</c>, without a slash at its end, at most <see cref="MaximumBaseUrl"/> characters: it is in every certificate.</param>
/// <param name="IssuerId">The authority; a segment of the path.</param>
/// <param name="Shards">Into how many lists its certificates are divided, 1 to 256.</param>
public sealed record RevocationPoints(string BaseUrl, string IssuerId, int Shards)
{
    /// <summary>Longest base URL, in characters.</summary>
    public const int MaximumBaseUrl = 64;

    /// <summary>Where OCSP is answered.</summary>
    public string OcspUrl => $"{BaseUrl}/ocsp";

    /// <summary>The list a certificate would be on. Its serial number is random, so lists grow evenly, and nobody has to remember which it is.</summary>
    public int ShardOf(SerialNumber serialNumber) => serialNumber.Octets[1] % Shards;

    /// <summary>Where the list of a shard is; null: the whole one.</summary>
    public string ListUrl(int? shard) => $"{BaseUrl}/{IssuerId}/{(shard is { } number ? $"{number}" : "full")}.crl";

    /// <summary>Where the changes since the whole list are.</summary>
    public string DeltaUrl => $"{BaseUrl}/{IssuerId}/delta.crl";

    /// <summary>Where a root's list is: the one on which the authorities below it would be.</summary>
    /// <param name="baseUrl">As <see cref="BaseUrl"/>.</param>
    /// <param name="root">The root's public key, in DER.</param>
    public static string RootListUrl(string baseUrl, ReadOnlySpan<byte> root) => $"{baseUrl}/{RootFolder}/{RootNameOf(root)}.crl";

    /// <summary>Segment of the path below which roots' lists are.</summary>
    public const string RootFolder = "roots";

    /// <summary>How a root is named there: the first 16 hex digits of the SHA-256 of its public key.</summary>
    /// <param name="root">The root's public key, in DER.</param>
    public static string RootNameOf(ReadOnlySpan<byte> root) => Convert.ToHexStringLower(TbsCertificate.KeyIdentifierOf(root).AsSpan(0, 8));

    internal string ListUrlOf(SerialNumber serialNumber) => ListUrl(ShardOf(serialNumber));

    /// <summary>CRLDistributionPoints of one URL (§4.2.1.13).</summary>
    internal static void WriteListUrl(AsnWriter writer, string url)
    {
        using (writer.PushSequence())
        using (writer.PushSequence())
            WriteDistributionPoint(writer, url);
    }

    /// <summary>DistributionPointName of one URL, as [0] of what is around it.</summary>
    internal static void WriteDistributionPoint(AsnWriter writer, string url)
    {
        using (writer.PushSequence(Context(0)))
        using (writer.PushSequence(Context(0)))
            writer.WriteCharacterString(UniversalTagNumber.IA5String, url, Context(6));
    }

    /// <summary>AuthorityInfoAccessSyntax of one responder (§4.2.2.1).</summary>
    internal static void WriteOcspUrl(AsnWriter writer, string url)
    {
        using (writer.PushSequence())
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(Oids.Ocsp);
            writer.WriteCharacterString(UniversalTagNumber.IA5String, url, Context(6));
        }
    }

    /// <summary>Reads the URL of a CRLDistributionPoints or IssuingDistributionPoint value; null when it names none, or more than a name.</summary>
    internal static string? ReadDistributionPoint(ReadOnlySpan<byte> point)
    {
        if (!DerReader.NextIs(point, Context(0, constructed: true))) return null;
        var name = DerReader.Read(ref point, Context(0, constructed: true));
        if (!DerReader.NextIs(name, Context(0, constructed: true))) return null;
        var full = DerReader.Read(ref name, Context(0, constructed: true));
        return DerReader.NextIs(full, Context(6)) ? System.Text.Encoding.ASCII.GetString(DerReader.Read(ref full, Context(6))) : null;
    }

    static Asn1Tag Context(int number, bool constructed = false) => new(TagClass.ContextSpecific, number, constructed);
}

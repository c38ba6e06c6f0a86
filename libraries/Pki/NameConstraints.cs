using System.Formats.Asn1;
using System.Net;

namespace FleetPlatform.Pki;

/// <summary>
/// Which names may stand in certificates below an authority (RFC 5280 §4.2.1.10): DNS names, IP networks and directory names. A constraint
/// of another kind is kept in mind: a certificate below it is refused, because what cannot be checked cannot be allowed.
/// </summary>
public sealed class NameConstraints
{
    const int MaximumSubtrees = 64;
    static readonly Asn1Tag Dns = new(TagClass.ContextSpecific, 2);
    static readonly Asn1Tag Directory = new(TagClass.ContextSpecific, 4, isConstructed: true);
    static readonly Asn1Tag Address = new(TagClass.ContextSpecific, 7);

    readonly Subtrees _permitted;
    readonly Subtrees _excluded;

    NameConstraints(Subtrees permitted, Subtrees excluded) => (_permitted, _excluded) = (permitted, excluded);

    /// <summary>Only names under these domains, in these networks and under these directory names. An empty list does not constrain its kind.</summary>
    /// <param name="dnsNames">Domains; each stands for itself and everything below it.</param>
    /// <param name="networks">IPv4 or IPv6 networks.</param>
    /// <param name="directoryNames">Beginnings of subjects.</param>
    public static NameConstraints Permit(
        IReadOnlyList<string>? dnsNames = null, IReadOnlyList<IPNetwork>? networks = null, IReadOnlyList<SubjectName>? directoryNames = null) =>
        new(new([.. dnsNames ?? []], [.. networks ?? []], [.. directoryNames ?? []], HasOthers: false), Subtrees.None);

    /// <summary>What is wrong with the names of a certificate below the authority, or null.</summary>
    public string? FindFault(CertificateText certificate)
    {
        if (_permitted.HasOthers || _excluded.HasOthers) return "An authority above constrains kinds of names that are not read here.";
        foreach (var name in certificate.DnsNames)
            if ((_permitted.Dns.Count > 0 && !_permitted.Holds(name)) || _excluded.Holds(name)) return "A DNS name lies outside the authority's name constraints.";
        foreach (var address in certificate.IpAddresses)
            if ((_permitted.Networks.Count > 0 && !_permitted.Holds(address)) || _excluded.Holds(address)) return "An IP address lies outside the authority's name constraints.";
        return !certificate.Subject.IsEmpty
            && ((_permitted.Names.Count > 0 && !_permitted.Holds(certificate.Subject)) || _excluded.Holds(certificate.Subject))
            ? "The subject lies outside the authority's name constraints."
            : null;
    }

    /// <summary>Writes the extension's value.</summary>
    public void Write(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            WriteSubtrees(writer, _permitted, 0);
            WriteSubtrees(writer, _excluded, 1);
        }
    }

    /// <summary>Reads the extension's value.</summary>
    /// <exception cref="AsnContentException">Not the structure of the standard.</exception>
    public static NameConstraints Read(ReadOnlySpan<byte> der)
    {
        var body = DerReader.ReadWhole(der, Asn1Tag.Sequence);
        var permitted = ReadSubtrees(ref body, 0);
        var excluded = ReadSubtrees(ref body, 1);
        DerReader.End(body);
        return new(permitted, excluded);
    }

    static void WriteSubtrees(AsnWriter writer, Subtrees subtrees, int number)
    {
        if (subtrees.IsEmpty) return;
        using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, number)))
        {
            foreach (var name in subtrees.Dns)
                using (writer.PushSequence()) writer.WriteCharacterString(UniversalTagNumber.IA5String, name, Dns);
            foreach (var network in subtrees.Networks)
                using (writer.PushSequence()) writer.WriteOctetString([.. network.BaseAddress.GetAddressBytes(), .. MaskOf(network)], Address);
            foreach (var name in subtrees.Names)
                using (writer.PushSequence())
                using (writer.PushSequence(Directory)) name.Write(writer);
        }
    }

    static Subtrees ReadSubtrees(scoped ref ReadOnlySpan<byte> body, int number)
    {
        var tag = new Asn1Tag(TagClass.ContextSpecific, number, isConstructed: true);
        if (!DerReader.NextIs(body, tag)) return Subtrees.None;
        var list = DerReader.Read(ref body, tag);
        var subtrees = new Subtrees([], [], [], HasOthers: false);
        for (var count = 0; !list.IsEmpty; count++)
        {
            if (count == MaximumSubtrees) throw new AsnContentException("There are too many name constraints.");
            var subtree = DerReader.Read(ref list, Asn1Tag.Sequence);
            var kind = AsnDecoder.ReadEncodedValue(subtree, AsnEncodingRules.DER, out var offset, out var length, out var consumed);
            var value = subtree.Slice(offset, length);
            DerReader.End(subtree[consumed..]); // minimum and maximum are not used (§4.2.1.10)
            if (kind.HasSameClassAndValue(Dns)) subtrees.Dns.Add(System.Text.Encoding.ASCII.GetString(value));
            else if (kind.HasSameClassAndValue(Directory)) subtrees.Names.Add(SubjectName.Read(value));
            else if (kind.HasSameClassAndValue(Address)) subtrees.Networks.Add(NetworkOf(value));
            else subtrees = subtrees with { HasOthers = true };
        }

        return subtrees;
    }

    static byte[] MaskOf(IPNetwork network)
    {
        var mask = new byte[network.BaseAddress.GetAddressBytes().Length];
        for (var bit = 0; bit < network.PrefixLength; bit++) mask[bit / 8] |= (byte)(0x80 >> (bit % 8));
        return mask;
    }

    static IPNetwork NetworkOf(ReadOnlySpan<byte> value)
    {
        if (value.Length is not (8 or 32)) throw new AsnContentException("An IP constraint is not an address and a mask.");
        var half = value.Length / 2;
        var prefix = 0;
        while (prefix < half * 8 && (value[half + (prefix / 8)] & (0x80 >> (prefix % 8))) != 0) prefix++;
        Span<byte> address = stackalloc byte[half];
        for (var i = 0; i < half; i++)
        {
            var expected = (byte)(i < prefix / 8 ? 0xFF : i == prefix / 8 ? 0xFF << (8 - (prefix % 8)) : 0);
            if (value[half + i] != expected) throw new AsnContentException("An IP constraint's mask has holes.");
            address[i] = (byte)(value[i] & expected);
        }

        return new(new IPAddress(address), prefix);
    }

    sealed record Subtrees(List<string> Dns, List<IPNetwork> Networks, List<SubjectName> Names, bool HasOthers)
    {
        public static Subtrees None => new([], [], [], HasOthers: false);

        public bool IsEmpty => Dns.Count + Networks.Count + Names.Count == 0;

        public bool Holds(string dnsName) => Dns.Exists(domain => domain.Length == 0
            || dnsName.Equals(domain, StringComparison.OrdinalIgnoreCase)
            || (dnsName.Length > domain.Length && dnsName.EndsWith(domain, StringComparison.OrdinalIgnoreCase)
                && (domain[0] == '.' || dnsName[^(domain.Length + 1)] == '.')));

        public bool Holds(IPAddress address) => Networks.Exists(network => network.BaseAddress.AddressFamily == address.AddressFamily && network.Contains(address));

        public bool Holds(SubjectName name) => Names.Exists(subtree =>
            name.Attributes.Count >= subtree.Attributes.Count && name.Attributes.Take(subtree.Attributes.Count).SequenceEqual(subtree.Attributes)
            && (name.Attributes.Count == subtree.Attributes.Count || !name.Attributes[subtree.Attributes.Count].JoinsPrevious));
    }
}

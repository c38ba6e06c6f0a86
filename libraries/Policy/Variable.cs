using System.Buffers;
using System.Globalization;

namespace FleetPlatform.Policy;

/// <summary>A policy variable, or the key of a condition: a name resolved once, values looked up per connection.</summary>
sealed class Variable
{
    const int MaximumValueLength = 1024;

    // What a value may not contain to stand in a resource: the wildcards of policies and of MQTT, the sign that starts a variable, and
    // control characters. U+FFFE and U+FFFF are Glob's own signs.
    static readonly SearchValues<char> Unsafe = SearchValues.Create(
        [.. "*?$+#\uFFFE\uFFFF", .. Enumerable.Range(0, 0x20).Select(c => (char)c), .. Enumerable.Range(0x7F, 0x21).Select(c => (char)c)]);

    readonly Source _source;
    readonly string _argument;
    readonly int _index; // which of several values; −1: all of them

    Variable(Source source, string argument = "", int index = 0)
    {
        _source = source;
        _argument = argument;
        _index = index;
    }

    enum Source
    {
        Unknown = 0,
        ClientId,
        CertificateId,
        SourceIp,
        DomainName,
        ThingName,
        ThingTypeName,
        ThingAttribute,
        IsAttached,
        ConnectAttributes,
        LastWillTopic,
        CertificateField,
    }

    /// <summary>False for a name that the platform does not know: an Allow that needs it never matches, a Deny always does.</summary>
    public bool IsKnown => _source != Source.Unknown;

    public bool IsSourceIp => _source == Source.SourceIp;

    /// <summary>Resolves a name such as <c>iot:Connection.Thing.ThingName</c>. Names compare without case, attribute names with.</summary>
    public static Variable Parse(string name)
    {
        const string Attributes = "iot:Connection.Thing.Attributes[";
        const string Certificate = "iot:Certificate.";
        if (name.StartsWith(Attributes, StringComparison.OrdinalIgnoreCase) && name.EndsWith(']') && name.Length > Attributes.Length + 1)
            return new(Source.ThingAttribute, name[Attributes.Length..^1]);
        if (name.StartsWith(Certificate, StringComparison.OrdinalIgnoreCase)) return ParseCertificateField(name[Certificate.Length..]);

        return new(name.ToLowerInvariant() switch
        {
            "iot:clientid" => Source.ClientId,
            "iot:certificateid" => Source.CertificateId,
            "aws:sourceip" => Source.SourceIp,
            "iot:domainname" => Source.DomainName,
            "iot:connection.thing.thingname" => Source.ThingName,
            "iot:connection.thing.thingtypename" => Source.ThingTypeName,
            "iot:connection.thing.isattached" => Source.IsAttached,
            "iot:connectattributes" => Source.ConnectAttributes,
            "iot:lastwilltopic" => Source.LastWillTopic,
            _ => Source.Unknown,
        });
    }

    static Variable ParseCertificateField(string field)
    {
        var index = 0;
        var dot = field.LastIndexOf('.');
        var suffix = dot < 0 ? "" : field[(dot + 1)..];
        if (suffix.Equals("List", StringComparison.OrdinalIgnoreCase)) index = -1;
        else if (!int.TryParse(suffix, NumberStyles.None, CultureInfo.InvariantCulture, out index)) dot = -1;
        if (dot >= 0) field = field[..dot];

        if (field.Equals("AvailableKeys", StringComparison.OrdinalIgnoreCase)) return new(Source.CertificateField, field, -1);
        if (field.Equals("CertificateId", StringComparison.OrdinalIgnoreCase)) return new(Source.CertificateId);
        return new(IsCertificateField(field) ? Source.CertificateField : Source.Unknown, field, index);
    }

    static bool IsCertificateField(string field)
    {
        if (field.Equals("SerialNumber", StringComparison.OrdinalIgnoreCase)) return true;
        var dot = field.IndexOf('.', StringComparison.Ordinal);
        if (dot < 0 || !(field[..dot].ToUpperInvariant() is "SUBJECT" or "ISSUER")) return false;
        var name = field[(dot + 1)..];
        return CertificateFields.NameAttributes.Contains(name, StringComparer.OrdinalIgnoreCase) || name.ToUpperInvariant() is
            "ALTERNATIVENAME.RFC822NAME" or "ALTERNATIVENAME.DNSNAME" or "ALTERNATIVENAME.DIRECTORYNAME" or
            "ALTERNATIVENAME.UNIFORMRESOURCEIDENTIFIER" or "ALTERNATIVENAME.IPADDRESS";
    }

    /// <summary>Everything the connection has under this name.</summary>
    public Values In(PolicyContext context) => _source switch
    {
        Source.ClientId => new(context.ClientId),
        Source.CertificateId => new(context.CertificateId),
        Source.DomainName => new(context.DomainName),
        Source.ThingName => new(context.ThingName),
        Source.ThingTypeName => new(context.ThingTypeName),
        Source.ThingAttribute => new(context.ThingAttributes.GetValueOrDefault(_argument)),
        Source.IsAttached => new(context.IsAttached ? "true" : "false"),
        Source.ConnectAttributes => new(context.ConnectAttributes),
        Source.LastWillTopic => new(context.WillTopicArn),
        Source.CertificateField => Pick(context.CertificateFields[_argument]),
        _ => default,
    };

    /// <summary>The value that may take this variable's place in a resource, or null: it has none, or an unsafe one.</summary>
    /// <param name="context">The connection.</param>
    /// <param name="hasLevels">True where '/' separates levels, so that a value with one would reach into other levels.</param>
    public string? Substitute(PolicyContext context, bool hasLevels)
    {
        var values = In(context);
        if (values.Count == 0 || _index < 0) return null;
        var value = values[0];
        if (value.Length is 0 or > MaximumValueLength || value.AsSpan().ContainsAny(Unsafe)) return null;
        return hasLevels && value.Contains('/', StringComparison.Ordinal) ? null : value;
    }

    Values Pick(string[] all) => _index < 0 ? new(all) : _index < all.Length ? new(all[_index]) : default;

    /// <summary>None, one or several values, without an allocation for one.</summary>
    internal readonly struct Values
    {
        readonly string? _one;
        readonly string[]? _many;

        public Values(string? one) => _one = one;

        public Values(string[] many) => _many = many;

        public int Count => _many?.Length ?? (_one is null ? 0 : 1);

        public string this[int index] => _many is null ? _one! : _many[index];
    }
}

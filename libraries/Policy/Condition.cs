using System.Net;

namespace FleetPlatform.Policy;

/// <summary>One operator on one key of a Condition, for example <c>StringEquals</c> on <c>iot:ClientId</c>.</summary>
sealed class Condition
{
    readonly Kind _kind;
    readonly bool _negated;
    readonly bool _ifExists;
    readonly Quantity _quantity;
    readonly Variable _key;
    readonly Pattern[] _patterns = [];
    readonly ArnPattern[] _arns = [];
    readonly IPNetwork[] _networks = [];

    enum Kind
    {
        Text = 0,
        TextIgnoringCase,
        Arn,
        Address,
        Presence,
    }

    enum Quantity
    {
        One = 0,
        ForAllValues,
        ForAnyValue,
    }

    /// <summary>Reads one entry of a Condition.</summary>
    /// <param name="operation">As written, with its prefix and suffix.</param>
    /// <param name="key">As written.</param>
    /// <param name="values">One or more.</param>
    /// <param name="path">Where it stands.</param>
    /// <exception cref="PolicySyntaxException">An operator that this platform does not have, or values it cannot take.</exception>
    public Condition(string operation, string key, IReadOnlyList<string> values, string path)
    {
        _key = Variable.Parse(key);
        var name = operation;
        _quantity = TakePrefix(ref name, "ForAllValues:") ? Quantity.ForAllValues
            : TakePrefix(ref name, "ForAnyValue:") ? Quantity.ForAnyValue : Quantity.One;
        if (name.EndsWith("IfExists", StringComparison.Ordinal))
        {
            _ifExists = true;
            name = name[..^"IfExists".Length];
        }

        (_kind, _negated, var wildcards) = name switch
        {
            "StringEquals" => (Kind.Text, false, false),
            "StringNotEquals" => (Kind.Text, true, false),
            "StringEqualsIgnoreCase" => (Kind.TextIgnoringCase, false, false),
            "StringNotEqualsIgnoreCase" => (Kind.TextIgnoringCase, true, false),
            "StringLike" => (Kind.Text, false, true),
            "StringNotLike" => (Kind.Text, true, true),
            "Bool" => (Kind.TextIgnoringCase, false, false),
            "IpAddress" => (Kind.Address, false, false),
            "NotIpAddress" => (Kind.Address, true, false),
            "ArnEquals" or "ArnLike" => (Kind.Arn, false, true),
            "ArnNotEquals" or "ArnNotLike" => (Kind.Arn, true, true),
            "Null" => (Kind.Presence, false, false),
            _ => throw new PolicySyntaxException(path, $"The operator \"{operation}\" is not one of this platform's."),
        };
        switch (_kind)
        {
            case Kind.Address:
                if (_key.IsKnown && !_key.IsSourceIp) throw new PolicySyntaxException(path, $"{name} applies to aws:SourceIp only.");
                _networks = [.. values.Select(value => ReadNetwork(value, path))];
                break;
            case Kind.Arn:
                _arns = [.. values.Select(value => ArnPattern.Parse(value, wildcards, path))];
                break;
            case Kind.Presence or Kind.TextIgnoringCase when name is "Bool" or "Null" && !values.All(IsBoolean):
                throw new PolicySyntaxException(path, $"{name} takes \"true\" or \"false\".");
            default:
                if (_key.IsSourceIp && _kind != Kind.Presence) throw new PolicySyntaxException(path, "aws:SourceIp needs IpAddress or NotIpAddress.");
                _patterns = [.. values.Select(value => Pattern.Parse(value, wildcards, path))];
                break;
        }
    }

    /// <summary>Whether it is met. What cannot be decided is met for a Deny and not met for an Allow.</summary>
    public bool Holds(PolicyContext context, bool deny)
    {
        if (!_key.IsKnown) return deny;
        if (_kind == Kind.Address) return HoldsForAddress(context.SourceIp);

        var values = _key.In(context);
        if (_kind == Kind.Presence) return AnyPattern(values.Count == 0 ? "true" : "false", context, default);
        if (values.Count == 0) return _ifExists || (_quantity == Quantity.One ? _negated : _quantity == Quantity.ForAllValues);

        var manner = new Pattern.Manner(UnusableMatchesAll: deny != _negated, HasLevels: false, IgnoreCase: _kind == Kind.TextIgnoringCase);
        var met = 0;
        for (var i = 0; i < values.Count; i++)
            if (_kind == Kind.Arn ? AnyArn(values[i], context, manner) : AnyPattern(values[i], context, manner)) met++;

        return (_quantity, _negated) switch
        {
            (Quantity.ForAllValues, false) => met == values.Count,
            (Quantity.ForAllValues, true) => met == 0,
            (Quantity.ForAnyValue, true) => met < values.Count,
            (_, false) => met > 0,
            (_, true) => met == 0,
        };
    }

    bool HoldsForAddress(IPAddress? address)
    {
        if (address is null) return _ifExists || (_quantity == Quantity.One ? _negated : _quantity == Quantity.ForAllValues);
        var inside = false;
        foreach (var network in _networks) inside |= network.Contains(address);
        return inside != _negated;
    }

    bool AnyPattern(string value, PolicyContext context, Pattern.Manner manner)
    {
        foreach (var pattern in _patterns)
            if (pattern.Matches(value, context, manner)) return true;
        return false;
    }

    bool AnyArn(string value, PolicyContext context, Pattern.Manner manner)
    {
        foreach (var arn in _arns)
            if (arn.MatchesArn(value, context, manner)) return true;
        return false;
    }

    static bool TakePrefix(ref string name, string prefix)
    {
        if (!name.StartsWith(prefix, StringComparison.Ordinal)) return false;
        name = name[prefix.Length..];
        return true;
    }

    static bool IsBoolean(string value) => value.Equals("true", StringComparison.OrdinalIgnoreCase) || value.Equals("false", StringComparison.OrdinalIgnoreCase);

    static IPNetwork ReadNetwork(string value, string path)
    {
        // The framework also reads "1.2.3" as 1.2.0.3; nobody who writes that means it.
        var isShort = !value.Contains(':', StringComparison.Ordinal) && value.Count(c => c == '.') != 3;
        if (!isShort && IPNetwork.TryParse(value, out var network)) return network;
        if (!isShort && IPAddress.TryParse(value, out var address)) return new IPNetwork(address, address.GetAddressBytes().Length * 8);
        throw new PolicySyntaxException(path, $"\"{value}\" is not an address or a network whose host bits are zero.");
    }
}

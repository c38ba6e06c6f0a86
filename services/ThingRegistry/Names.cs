using System.Text.RegularExpressions;

namespace FleetPlatform.ThingRegistry;

/// <summary>
/// Which names are accepted. Compared by ordinal everywhere; none may hold a character that means something in a topic filter or a
/// policy pattern (<c>+ # / * ? $</c>), a control character, or a letter outside ASCII that looks like another.
/// </summary>
static partial class Names
{
    const string ThingRule = "1 to 128 of the characters a-z A-Z 0-9 : _ -";

    /// <summary>Null when the name may be used; otherwise the refusal, with this code.</summary>
    public static Refusal? RefuseThingName(string name, string code = "invalid-request") => Refuse(ThingName(), "Thing name", ThingRule, name, code);

    public static Refusal? RefuseTypeName(string name) => Refuse(ThingName(), "Thing type name", ThingRule, name, Reasons.InvalidRequest.Code);

    public static Refusal? RefuseGroupName(string name) => Refuse(ThingName(), "Thing group name", ThingRule, name, Reasons.InvalidRequest.Code);

    public static Refusal? RefuseBillingGroupName(string name) => Refuse(ThingName(), "Billing group name", ThingRule, name, Reasons.InvalidRequest.Code);

    public static Refusal? RefusePolicyName(string name) =>
        Refuse(PolicyName(), "Policy name", "1 to 128 of the characters a-z A-Z 0-9 _ + = , . @ -", name, Reasons.InvalidRequest.Code);

    /// <summary>SHA-256 of the DER certificate: 64 lower-case hex digits.</summary>
    public static Refusal? RefuseCertificateId(string id) =>
        Refuse(CertificateId(), "Certificate id", "64 lower-case hex digits", id, Reasons.InvalidRequest.Code);

    static Refusal? Refuse(Regex allowed, string what, string rule, string name, string code) =>
        allowed.IsMatch(name) ? null : new Refusal(code, $"{what} must be {rule}.");

    // \z and not $: the dollar sign would let a trailing line feed through.
    [GeneratedRegex(@"\A[a-zA-Z0-9:_-]{1,128}\z", RegexOptions.CultureInvariant)]
    private static partial Regex ThingName();

    [GeneratedRegex(@"\A[a-zA-Z0-9_+=,.@-]{1,128}\z", RegexOptions.CultureInvariant)]
    private static partial Regex PolicyName();

    [GeneratedRegex(@"\A[0-9a-f]{64}\z", RegexOptions.CultureInvariant)]
    private static partial Regex CertificateId();
}

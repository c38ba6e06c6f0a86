using System.Security.Cryptography;
using System.Text.Json;
using FleetPlatform.Contracts.Revocation;
using FleetPlatform.ControlPlane.Http;
using FleetPlatform.Pki;

namespace FleetPlatform.ControlPlane.Fleet;

/// <summary>
/// <c>POST /fleet/revocations</c>: ends, suspends or restores the trust in everything a selector finds, and answers with a receipt: where,
/// and when, it took effect. AWS can only change one certificate at a time, and says nothing about effect.
/// </summary>
sealed class Revocations(IAsk ask, TimeProvider clock) : IOperations
{
    static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(20);
    static readonly TimeSpan UsualWait = TimeSpan.FromSeconds(3);
    static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(10);
    static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(250);

    public IEnumerable<Operation> All =>
    [
        new("PlaceRevocationOrder", "POST /fleet/revocations", Place),
        new("DescribeRevocationOrder", "GET /fleet/revocations/{orderId}", Describe),
        new("DescribeCertificateTrust", "GET /fleet/certificates/{certificateId}/trust", DescribeTrust),
    ];

    async Task<Reply> Place(OperationRequest request, CancellationToken cancellation)
    {
        var selector = Selector(request);
        if (request.OptionalBoolean("dryRun") == true)
            return (await ask.Ask<PreviewRevocation, RevocationPreview>(new() { Selector = selector }, cancellation)).Reply(preview => Wire.InWords(preview));

        var placed = await ask.Ask<PlaceRevocationOrder, RevocationOrderDescription>(new()
        {
            OrderId = request.OptionalText("orderId") ?? Guid.CreateVersion7().ToString("N"),
            Selector = selector,
            Action = Word<TrustAction>(request.OptionalText("action"), "action"),
            Reason = Word<RevocationReason>(request.OptionalText("reason"), "reason"),
            RequestedBy = request.Caller,
        }, cancellation);
        var wait = request.OptionalNumber("waitMilliseconds") is { } asked ? TimeSpan.FromMilliseconds(asked) : UsualWait;
        if (wait < TimeSpan.Zero || wait > LongestWait) throw new InvalidInputException($"waitMilliseconds must be 0 to {LongestWait.TotalMilliseconds:0}.");
        return (placed.Value is { } order ? await Await(order, wait, cancellation) : placed).Reply(description => Wire.InWords(description));
    }

    async Task<Reply> Describe(OperationRequest request, CancellationToken cancellation) =>
        (await Find(request.Path("orderId"), cancellation)).Reply(description => Wire.InWords(description));

    async Task<Reply> DescribeTrust(OperationRequest request, CancellationToken cancellation) =>
        (await ask.Ask<DescribeCertificateTrust, CertificateTrustDescription>(new() { CertificateId = request.Path("certificateId") }, cancellation))
            .Reply(description => Wire.InWords(description));

    // Waits, not longer than asked, until the order is carried out and in effect everywhere; what is known then is the answer.
    async Task<Answer<RevocationOrderDescription>> Await(RevocationOrderDescription order, TimeSpan wait, CancellationToken cancellation)
    {
        var began = clock.GetTimestamp();
        var answer = new Answer<RevocationOrderDescription>(order, null);
        for (var pause = FirstPause; !IsSettled(answer.Value) && clock.GetElapsedTime(began) < wait; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            await Task.Delay(pause, clock, cancellation);
            answer = await Find(order.OrderId, cancellation);
        }

        return answer;
    }

    Task<Answer<RevocationOrderDescription>> Find(string orderId, CancellationToken cancellation) =>
        ask.Ask<DescribeRevocationOrder, RevocationOrderDescription>(new() { OrderId = orderId }, cancellation);

    static bool IsSettled(RevocationOrderDescription? order) => order is not { CompletedAt: null } && (order?.Receipt.All(place => place.Complete) ?? true);

    static CertificateSelector Selector(OperationRequest request)
    {
        var selector = request.Object("selector") ?? throw new InvalidInputException("selector is required: one of certificate, thing, group, claim, issuer, template, publicKey.");
        var members = selector.EnumerateObject().Where(member => member.Name != "version").ToArray();
        if (members is not [var only]) throw new InvalidInputException("selector names exactly one of certificate, thing, group, claim, issuer, template, publicKey.");
        var kind = Word<SelectorKind>(only.Name, "selector");
        var value = OperationRequest.TextOf(only.Value, only.Name) ?? throw new InvalidInputException($"selector.{only.Name} must be a string.");
        int? version = OperationRequest.Member(selector, "version") switch
        {
            null => null,
            { ValueKind: JsonValueKind.Number } number when number.TryGetInt32(out var given) => given,
            _ => throw new InvalidInputException("selector.version must be a whole number."),
        };
        return new() { Kind = kind, Value = kind == SelectorKind.PublicKey ? KeyHash(value) : value, Version = version };
    }

    // A key is named by its hash, by itself in PEM, or by a certificate that holds it.
    static string KeyHash(string text)
    {
        if (Pem.TryReadOnly(text, Pem.PublicKey) is { } key) return Convert.ToHexStringLower(SHA256.HashData(key));
        if (Pem.TryReadOnly(text, Pem.Certificate) is not { } der) return text;
        try
        {
            return Convert.ToHexStringLower(SHA256.HashData(CertificateText.Read(der).SubjectPublicKeyInfo.Span));
        }
        catch (PkiException wrong)
        {
            throw new InvalidInputException(wrong.Message);
        }
    }

    static T Word<T>(string? text, string name) where T : struct, Enum => text is null ? default
        : Enum.TryParse<T>(text, ignoreCase: true, out var value) && Enum.IsDefined(value) && !char.IsAsciiDigit(text[0]) ? value
        : throw new InvalidInputException($"{name} must be one of {string.Join(", ", Enum.GetNames<T>().Select(JsonNamingPolicy.CamelCase.ConvertName))}.");
}

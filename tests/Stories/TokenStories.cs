using FleetPlatform.Pki;

namespace FleetPlatform.Stories;

/// <summary>An ownership token is good once, for an hour, on connections of the claim it was given to; the recorded flow says why it is not.</summary>
public sealed class TokenStories(Platform platform)
{
    [Fact]
    public async Task A_repeated_register_is_answered_the_same_and_a_different_one_is_refused()
    {
        var serial = platform.NewSerial("replay");
        await using var claim = await platform.ConnectsWithClaim(serial);
        var created = await claim.CreatesFromCsr(Platform.OwnRequest(serial));
        var token = created["certificateOwnershipToken"]!.GetValue<string>();

        var first = await claim.Registers(Platform.Template, token, ("SerialNumber", serial));
        var again = await claim.Registers(Platform.Template, token, ("SerialNumber", serial));
        var other = await claim.Registers(Platform.Template, token, ("SerialNumber", $"{serial}-other"));

        again.Body.ToJsonString().ShouldBe(first.Body.ToJsonString());
        other.ShouldBeRejected(400, "InvalidCertificateOwnershipToken", "token-replayed");
        await platform.ExplainsWith(serial, "token-replayed");
    }

    [Fact]
    public async Task A_token_that_was_given_to_another_claim()
    {
        var serial = platform.NewSerial("foreign-token");
        await using var owner = await platform.ConnectsWithClaim($"{serial}-owner");
        var token = (await owner.CreatesFromCsr(Platform.OwnRequest(serial)))["certificateOwnershipToken"]!.GetValue<string>();
        await using var thief = await platform.ConnectsWithClaim(serial, Platform.OpenClaim);

        (await thief.Registers(Platform.Template, token, ("SerialNumber", serial)))
            .ShouldBeRejected(400, "InvalidCertificateOwnershipToken", "token-foreign");
        await platform.ExplainsWith(serial, "token-foreign");
    }

    [Fact]
    public async Task A_token_that_has_expired()
    {
        var serial = platform.NewSerial("old-token");
        await using var claim = await platform.ConnectsWithClaim(serial);
        var created = await claim.CreatesFromCsr(Platform.OwnRequest(serial));
        var longAgo = TimeProvider.System.GetUtcNow() - OwnershipToken.Lifetime - TimeSpan.FromMinutes(1);

        var answer = await claim.Registers(
            Platform.Template, await platform.MintsToken(created["certificateId"]!.GetValue<string>(), longAgo), ("SerialNumber", serial));

        answer.ShouldBeRejected(400, "InvalidCertificateOwnershipToken", "token-expired");
        await platform.ExplainsWith(serial, "token-expired");
    }

    public static TheoryData<string, string> Tokens => new() { { "", "token-missing" }, { "garbage", "token-malformed" } };

    [Theory]
    [MemberData(nameof(Tokens))]
    public async Task A_token_that_is_none(string token, string reason)
    {
        var serial = platform.NewSerial("token");
        await using var claim = await platform.ConnectsWithClaim(serial);

        (await claim.Registers(Platform.Template, token, ("SerialNumber", serial)))
            .ShouldBeRejected(400, "InvalidCertificateOwnershipToken", reason);
        await platform.ExplainsWith(serial, reason);
    }
}

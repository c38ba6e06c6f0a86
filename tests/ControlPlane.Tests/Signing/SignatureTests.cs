namespace FleetPlatform.ControlPlane.Signing;

public sealed class SignatureTests(Platform platform) : IClassFixture<Platform>
{
    static readonly HttpMethod Get = HttpMethod.Get;

    HttpRequestMessage Signed(Operator by) => by.Sign(Get, platform.Host, "/endpoint");

    [Fact]
    public async Task The_operator_is_let_in()
    {
        (await platform.Send(Signed(new()))).Status.ShouldBe(200);
        (await platform.Send(new Operator().Presign(Get, platform.Host, "/endpoint", 60))).Status.ShouldBe(200);
        (await platform.Send(Signed(new(region: "eu-central-1")))).Status.ShouldBe(200);
    }

    [Fact]
    public async Task Nobody_else_is()
    {
        await Refused(new(Get, $"http://{platform.Host}/endpoint"), "MissingAuthenticationTokenException");
        await Refused(Signed(new(accessKeyId: "AKIANOBODY0000000000")), "UnrecognizedClientException");
        await Refused(Signed(new(secret: new string('x', 40))), "InvalidSignatureException");
        await Refused(Signed(new(service: "s3")), "InvalidSignatureException");
    }

    [Fact]
    public async Task A_signature_ends_after_fifteen_minutes_and_does_not_begin_before()
    {
        var now = TimeProvider.System.GetUtcNow();

        (await platform.Send(Signed(new() { At = now.AddMinutes(-14) }))).Status.ShouldBe(200);
        (await platform.Send(Signed(new() { At = now.AddMinutes(14) }))).Status.ShouldBe(200);
        await Refused(Signed(new() { At = now.AddMinutes(-16) }), "InvalidSignatureException");
        await Refused(Signed(new() { At = now.AddMinutes(16) }), "InvalidSignatureException");
        await Refused(new Operator { At = now.AddMinutes(-2) }.Presign(Get, platform.Host, "/endpoint", 60), "InvalidSignatureException");
        await Refused(new Operator().Presign(Get, platform.Host, "/endpoint", 8 * 24 * 3600), "IncompleteSignatureException");
    }

    [Fact]
    public async Task A_signed_request_cannot_be_turned_into_another()
    {
        var otherPath = Signed(new());
        otherPath.RequestUri = new($"http://{platform.Host}/things");
        await Refused(otherPath, "InvalidSignatureException");

        var otherQuery = new Operator().Sign(Get, platform.Host, "/certificates?pageSize=1");
        otherQuery.RequestUri = new($"http://{platform.Host}/certificates?pageSize=2");
        await Refused(otherQuery, "InvalidSignatureException");

        var otherBody = new Operator().Sign(HttpMethod.Post, platform.Host, "/policies/p", """{"policyDocument":"a"}""");
        otherBody.Content = new StringContent("""{"policyDocument":"b"}""");
        await Refused(otherBody, "InvalidSignatureException");

        var otherPrincipal = new Operator().Sign(Get, platform.Host, "/principals/things", null, ("x-amzn-principal", "arn:aws:iot:us-east-1:123456789012:cert/x"));
        await Refused(otherPrincipal, "InvalidSignatureException");
    }

    [Theory]
    [InlineData("Basic dXNlcjpwYXNz"), InlineData("AWS4-HMAC-SHA256"), InlineData("AWS4-HMAC-SHA256 Credential=x, SignedHeaders=host, Signature=y"), InlineData("AWS4-HMAC-SHA256 ,,,=,=")]
    public async Task What_is_no_signature_is_said_to_be_incomplete(string authorization)
    {
        var request = new HttpRequestMessage(Get, $"http://{platform.Host}/endpoint");
        request.Headers.TryAddWithoutValidation("Authorization", authorization);
        await Refused(request, "IncompleteSignatureException");
    }

    [Fact]
    public async Task Health_asks_for_no_signature() =>
        (await platform.Send(new HttpRequestMessage(Get, $"http://{platform.Host}/health"))).Status.ShouldBe(200);

    async Task Refused(HttpRequestMessage request, string exception)
    {
        var answer = await platform.Send(request);
        answer.Exception.ShouldBe(exception);
        answer.Status.ShouldBe(403);
        answer.Body["message"]!.GetValue<string>().ShouldNotBeEmpty();
    }
}

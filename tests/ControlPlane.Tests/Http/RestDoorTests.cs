using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Contracts.Revocation;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace FleetPlatform.ControlPlane.Http;

public sealed class RestDoorTests(Platform platform) : IClassFixture<Platform>
{
    [Fact]
    public async Task An_answer_has_the_shape_of_AWS()
    {
        var answer = await platform.Send(HttpMethod.Post, "/policies/telemetry%2B1", """{"policyDocument":"{}","tags":[]}""");

        answer.Status.ShouldBe(200);
        answer.RequestId.ShouldNotBeNullOrEmpty();
        answer.Body["policyName"]!.GetValue<string>().ShouldBe("telemetry+1");
        answer.Body["policyArn"]!.GetValue<string>().ShouldBe("arn:aws:iot:us-east-1:123456789012:policy/telemetry+1");
        answer.Body["policyVersionId"]!.GetValue<string>().ShouldBe("1");
        platform.Others.Heard<CreatePolicy>().ShouldContain(command => command.PolicyName == "telemetry+1" && command.RequestedBy == Operator.KeyId);
    }

    [Fact]
    public async Task A_refusal_has_the_exception_and_the_status_of_AWS()
    {
        var answer = await platform.Send(HttpMethod.Post, "/policies/taken", """{"policyDocument":"{}"}""");

        (answer.Status, answer.Exception).ShouldBe((409, "ResourceAlreadyExistsException"));
        answer.Body["message"]!.GetValue<string>().ShouldBe("It exists.");
        answer.Body["resourceArn"]!.GetValue<string>().ShouldBe("arn:aws:iot:us-east-1:123456789012:policy/taken");
    }

    [Theory]
    [InlineData("attempt=2; max=3", "taken's own", 200), InlineData("attempt=1; max=3", "taken's own", 409), InlineData("attempt=2; max=3", "another", 409)]
    public async Task An_sdk_that_asks_again_gets_what_its_first_attempt_made(string attempt, string document, int status)
    {
        var request = new Operator().Sign(
            HttpMethod.Post, platform.Host, "/policies/taken", $$"""{"policyDocument":"{{document}}"}""", ("amz-sdk-request", attempt));

        (await platform.Send(request)).Status.ShouldBe(status);
    }

    [Theory]
    [InlineData("{}", "policyDocument is required."), InlineData("""{"policyDocument":1}""", "policyDocument must be a string.")]
    [InlineData("""{"policyDocument":"\ud800"}""", "policyDocument holds half of a surrogate pair.")]
    [InlineData("[]", "The body must be a JSON object."), InlineData("{", null), InlineData("""{"policyDocument":"a","policyDocument":"b"}""", null)]
    [InlineData("""{"a":[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]}""", null)]
    public async Task A_body_that_is_not_what_the_operation_takes_is_an_invalid_request(string body, string? message)
    {
        var answer = await platform.Send(HttpMethod.Post, "/policies/p", body);

        (answer.Status, answer.Exception).ShouldBe((400, "InvalidRequestException"));
        if (message is not null) answer.Body["message"]!.GetValue<string>().ShouldBe(message);
    }

    [Fact]
    public async Task A_body_over_the_limit_is_not_read() =>
        (await platform.Send(HttpMethod.Post, "/policies/p", new string(' ', 5000))).Status.ShouldBe(413);

    [Fact]
    public async Task Strangers_use_up_nothing_of_what_the_operator_may_ask()
    {
        var options = new ControlPlaneOptions { AccessKeyId = Operator.KeyId, SecretAccessKey = Operator.Secret, RequestsPerSecond = 1 };
        using var door = new RestDoor(
            new RouteTable([]), new(options, new(new()), TimeProvider.System), options, TimeProvider.System, NullLogger<RestDoor>.Instance);
        for (var i = 0; i < 10; i++)
        {
            var http = new DefaultHttpContext();
            await door.Serve(http);
            http.Response.StatusCode.ShouldBe(403);
        }
    }

    [Fact]
    public async Task An_operation_that_does_not_exist_is_said_not_to() =>
        (await platform.Send(HttpMethod.Get, "/jobs")).ShouldSatisfyAllConditions(
            answer => answer.Status.ShouldBe(404), answer => answer.Exception.ShouldBe("UnknownOperationException"));

    [Fact]
    public async Task A_service_that_is_away_makes_it_unavailable_revoking_too()
    {
        var order = $$"""{"selector":{"certificate":"{{OtherServices.CertificateId}}"},"action":"revoke","orderId":"again-and-again"}""";
        foreach (var answer in await Task.WhenAll(platform.Send(HttpMethod.Get, "/thing-types"), platform.Send(HttpMethod.Post, "/fleet/revocations", order)))
            answer.ShouldSatisfyAllConditions(answer => answer.Status.ShouldBe(503), answer => answer.Exception.ShouldBe("ServiceUnavailableException"));
    }

    [Fact]
    public async Task Pages_follow_each_other_by_the_token_of_the_one_before()
    {
        var first = await platform.Send(HttpMethod.Get, "/things?maxResults=1");
        var token = first.Body["nextToken"]!.GetValue<string>();
        var second = await platform.Send(HttpMethod.Get, $"/things?maxResults=1&nextToken={Uri.EscapeDataString(token)}");

        second.Body.ContainsKey("nextToken").ShouldBeFalse();
        platform.Others.Heard<ListThings>().ShouldContain(query => query.Page.After == "SN-1" && query.Page.Limit == 1);
        (await platform.Send(HttpMethod.Get, "/things?maxResults=0")).Exception.ShouldBe("InvalidRequestException");
        (await platform.Send(HttpMethod.Get, "/things?nextToken=x")).Exception.ShouldBe("InvalidRequestException");
    }

    [Fact]
    public async Task Keys_made_for_an_operator_arrive_opened_and_the_certificate_is_registered_as_asked()
    {
        var answer = await platform.Send(HttpMethod.Post, "/keys-and-certificate?setAsActive=true");

        answer.Body["keyPair"]!["PrivateKey"]!.GetValue<string>().ShouldBe(IssueStandIn.PrivateKey);
        answer.Body["keyPair"]!["PublicKey"]!.GetValue<string>().ShouldBe("public");
        platform.Others.Heard<IssueCertificates>().SelectMany(batch => batch.Items).ShouldContain(item => item.Purpose == CertificatePurpose.Operator);
        platform.Others.Heard<RegisterCertificate>().ShouldContain(command => command.Status == CertificateStatus.Active && command.ClaimForTemplate == null);
    }

    [Fact]
    public async Task Revoking_goes_to_the_revocation_service_before_the_registry()
    {
        var answer = await platform.Send(HttpMethod.Put, $"/certificates/{OtherServices.CertificateId}?newStatus=REVOKED&revocationReason=keyCompromise");

        answer.Status.ShouldBe(200);
        answer.Body.ShouldBeEmpty();
        platform.Others.Heard<RevokeCertificate>().ShouldHaveSingleItem().Reason.ShouldBe(RevocationReason.KeyCompromise);
        platform.Others.Heard<ChangeCertificateStatus>().ShouldHaveSingleItem().Status.ShouldBe(CertificateStatus.Revoked);
        (await platform.Send(HttpMethod.Put, $"/certificates/{new string('b', 64)}?newStatus=REVOKED")).Status.ShouldBe(404);
        platform.Others.Heard<RevokeCertificate>().ShouldHaveSingleItem();
        (await platform.Send(HttpMethod.Put, $"/certificates/{OtherServices.CertificateId}?newStatus=GONE")).Status.ShouldBe(400);
    }

    [Fact]
    public async Task Times_are_seconds_with_milliseconds() =>
        (await platform.Send(HttpMethod.Get, $"/certificates/{OtherServices.CertificateId}"))
            .Body["certificateDescription"]!["validity"]!["notAfter"]!.GetValue<double>().ShouldBe(1.5);

    [Fact]
    public async Task A_principal_is_named_in_a_signed_header_and_must_be_of_this_account()
    {
        var request = new Operator { AlsoSigned = ["x-amzn-principal"] }.Sign(
            HttpMethod.Get, platform.Host, "/principals/things", null, ("x-amzn-principal", "arn:aws:iot:us-east-1:999999999999:cert/x"));

        (await platform.Send(request)).Exception.ShouldBe("InvalidRequestException");
    }

    [Fact]
    public async Task A_devices_story_is_gathered_in_two_rounds_from_whoever_answers()
    {
        var answer = await platform.Send(HttpMethod.Get, "/fleet/flows?subject=SN-1");

        answer.Body["steps"]!.AsArray().Select(step => step!["step"]!.GetValue<string>()).ShouldBe(["thing registered", "certificate active"]);
        answer.Body["missing"]!.AsArray().Select(service => service!.GetValue<string>()).ShouldContain("mqtt-gateway");
        (await platform.Send(HttpMethod.Get, "/fleet/flows")).Status.ShouldBe(400);
    }

    [Fact]
    public async Task A_stream_nobody_owns_is_an_invalid_request() =>
        (await platform.Send(HttpMethod.Get, "/fleet/streams/nothing-1")).Exception.ShouldBe("InvalidRequestException");

    [Fact]
    public async Task Every_reason_has_an_exception_that_AWS_knows()
    {
        string[] known =
        [
            "InvalidRequestException", "ThrottlingException", "MalformedPolicyException", "CertificateValidationException", "UnauthorizedException",
            "ResourceNotFoundException", "CertificateStateException", "ResourceAlreadyExistsException", "DeleteConflictException", "VersionConflictException",
            "VersionsLimitExceededException", "LimitExceededException", "InternalFailureException", "ServiceUnavailableException",
            "ResourceRegistrationFailureException", "RegistrationCodeValidationException", "InvalidQueryException",
        ];

        Reasons.All.Values.Select(reason => reason.RestException).Distinct().ShouldBeSubsetOf(known);
        (await platform.Send(HttpMethod.Get, "/endpoint?endpointType=iot%3AData-ATS")).Body["endpointAddress"]!.GetValue<string>().ShouldBe("localhost");
    }
}

using FleetPlatform.ControlPlane.Fleet;
using FleetPlatform.ControlPlane.Operations;

namespace FleetPlatform.ControlPlane.Http;

public sealed class RouteTableTests
{
    static readonly Arn Arn = new(new FleetOptions());

    // The tables hold only routes and methods: nothing is asked here.
    static readonly RouteTable Routes = new(
    [
        new Policies(null!, Arn), new PolicyAttachments(null!, Arn), new Certificates(null!, Arn),
        new CertificateCreation(null!, null!, null!, new(), Arn), new Things(null!, Arn), new ThingTypes(null!, Arn), new ThingGroups(null!, Arn),
        new Templates(null!, Arn), new Operations.Endpoint(new()), new Flows(null!, new()), new Streams(null!),
    ]);

    [Theory]
    [InlineData("GET", "/things", "ListThings")]
    [InlineData("GET", "/things/", "ListThings")]
    [InlineData("GET", "/things/SN-1", "DescribeThing")]
    [InlineData("GET", "/things/SN-1/principals", "ListThingPrincipals")]
    [InlineData("GET", "/principals/things", "ListPrincipalThings")]
    [InlineData("PUT", "/thing-groups/addThingToThingGroup", "AddThingToThingGroup")]
    [InlineData("POST", "/thing-groups/addThingToThingGroup", "CreateThingGroup")]
    [InlineData("POST", "/certificate/register-no-ca", "RegisterCertificateWithoutCA")]
    [InlineData("GET", "/endpoint", "DescribeEndpoint")]
    public void A_request_finds_its_operation(string method, string path, string operation) =>
        Routes.Find(method, path)!.Value.Operation.Name.ShouldBe(operation);

    [Theory]
    [InlineData("GET", "/"), InlineData("GET", "/things/a/b/c"), InlineData("BREW", "/things"), InlineData("GET", "/things//principals"), InlineData("GET", "/THINGS")]
    [InlineData("DELETE", "/policies/p/version/.."), InlineData("GET", "/things/."), InlineData("GET", "/../things")] // a signature counts for the path without dots
    public void What_is_not_there_is_not_found(string method, string path) => Routes.Find(method, path).ShouldBeNull();

    [Fact]
    public void A_slash_inside_a_parameter_stays_in_it() =>
        Routes.Find("POST", "/attached-policies/arn%3Aaws%3Aiot%3Aus-east-1%3A123456789012%3Acert%2Fabc")!.Value.Parameters["target"]
            .ShouldBe("arn:aws:iot:us-east-1:123456789012:cert/abc");

    [Fact]
    public void A_parameter_is_decoded_once() => Routes.Find("GET", "/things/a%252Fb+c")!.Value.Parameters["thingName"].ShouldBe("a%2Fb+c");

    [Fact]
    public void No_two_operations_share_a_route_or_a_name()
    {
        Routes.Operations.GroupBy(operation => operation.Route).Where(route => route.Count() > 1).ShouldBeEmpty();
        Routes.Operations.GroupBy(operation => operation.Name).Where(name => name.Count() > 1).ShouldBeEmpty();
    }
}

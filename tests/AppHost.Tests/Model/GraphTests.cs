using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Running;

namespace FleetPlatform.AppHost.Tests.Model;

public sealed class GraphTests
{
    [Fact]
    public async Task A_database_reference_is_the_servers_address_and_the_databases_name()
    {
        var graph = Graph();
        var postgres = graph.AddPostgres("postgres", password: graph.AddParameter("pw", "secret-1"));
        var service = graph.AddProject("thing-registry", "x.csproj").WithReference(postgres.AddDatabase("thing-registry-db"));
        Allocate(postgres.Resource, 5433);

        (await ResourceEnvironment.Resolve(service.Resource, default))["ConnectionStrings__thing-registry-db"]
            .ShouldBe("Host=127.0.0.1;Port=5433;Username=postgres;Password=secret-1;Database=thing-registry-db");
    }

    [Fact]
    public async Task A_bus_reference_is_an_amqp_address()
    {
        var graph = Graph();
        var bus = graph.AddRabbitMQ("bus", password: graph.AddParameter("pw", "secret-1"));
        var service = graph.AddProject("revocation", "x.csproj").WithReference(bus);
        Allocate(bus.Resource, 5673);

        (await ResourceEnvironment.Resolve(service.Resource, default))["ConnectionStrings__bus"].ShouldBe("amqp://guest:secret-1@127.0.0.1:5673");
    }

    [Fact]
    public async Task A_connection_string_in_configuration_stands_for_the_server()
    {
        var graph = Graph("--ConnectionStrings:postgres", "Host=db;Username=u;Password=p", "--ConnectionStrings:other-db", "Host=elsewhere");
        var postgres = graph.AddPostgres("postgres");
        var service = graph.AddProject("service", "x.csproj").WithReference(postgres.AddDatabase("service-db")).WithReference(postgres.AddDatabase("other-db"));

        var environment = await ResourceEnvironment.Resolve(service.Resource, default);
        environment["ConnectionStrings__service-db"].ShouldBe("Host=db;Username=u;Password=p;Database=service-db");
        environment["ConnectionStrings__other-db"].ShouldBe("Host=elsewhere");
    }

    [Fact]
    public void An_empty_connection_string_is_none() =>
        Graph("--ConnectionStrings:postgres", "").AddPostgres("postgres").Resource.ConfiguredConnectionString.ShouldBeNull();

    [Fact]
    public async Task A_service_reference_lists_every_endpoint()
    {
        var graph = Graph();
        var door = graph.AddProject("control-plane", "x.csproj").WithHttpEndpoint().WithEndpoint(scheme: "tcp", name: "raw");
        var console = graph.AddProject("console", "y.csproj").WithReference(door);
        Allocate(door.Resource, 8080, 9000);

        var environment = await ResourceEnvironment.Resolve(console.Resource, default);
        environment["services__control-plane__http__0"].ShouldBe("http://127.0.0.1:8080");
        environment["services__control-plane__raw__0"].ShouldBe("tcp://127.0.0.1:9000");
    }

    [Fact]
    public async Task An_expression_has_a_value_while_running_and_a_placeholder_while_publishing()
    {
        var graph = Graph();
        var key = graph.AddParameter("token-key", "abc");
        var service = graph.AddProject("service", "x.csproj").WithEnvironment("Key", $"{key}A=");

        (await ResourceEnvironment.Resolve(service.Resource, default))["Key"].ShouldBe("abcA=");
        var described = ResourceEnvironment.Describe(service.Resource, new(DistributedApplicationOperation.Publish))["Key"];
        ((IManifestExpressionProvider)described).ValueExpression.ShouldBe("{token-key.value}A=");
    }

    [Fact]
    public async Task A_parameter_comes_from_configuration_before_its_default()
    {
        var graph = Graph("--Parameters:pw", "given");
        var parameter = graph.AddParameter("pw", new GenerateParameterDefault { MinLength = 22 }, secret: true);

        (await parameter.Resource.GetValueAsync()).ShouldBe("given");
    }

    [Fact]
    public async Task A_generated_parameter_is_the_same_in_the_next_run_and_readable_by_its_owner_only()
    {
        using var folder = new TemporaryFolder();
        var first = await Generated(Graph("--fleet-directory", folder.Path)).GetValueAsync();
        var second = await Generated(Graph("--fleet-directory", folder.Path)).GetValueAsync();

        second.ShouldBe(first);
        first!.Length.ShouldBe(42);
        File.GetUnixFileMode(Path.Combine(folder.Path, "secrets.json")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);

        static ParameterResource Generated(DistributedApplicationBuilder graph) =>
            graph.AddParameter("key", new GenerateParameterDefault { MinLength = 42, Special = false }, secret: true, persist: true).Resource;
    }

    [Fact]
    public void The_token_key_is_32_bytes_whatever_was_drawn()
    {
        var drawn = new GenerateParameterDefault { MinLength = 42, Special = false };
        for (var i = 0; i < 100; i++) Convert.FromBase64String($"{drawn.GetDefaultValue()}A=").Length.ShouldBe(32);
    }

    [Fact]
    public void Two_resources_cannot_share_a_name()
    {
        var graph = Graph();
        graph.AddProject("revocation", "x.csproj");

        Should.Throw<DistributedApplicationException>(() => graph.AddProject("Revocation", "y.csproj")).Message.ShouldContain("'Revocation'");
    }

    [Theory]
    [InlineData("")]
    [InlineData("1st")]
    [InlineData("../x")]
    [InlineData("a b")]
    public void A_name_that_would_not_make_a_file_or_a_variable_is_refused(string name) =>
        Should.Throw<ArgumentException>(() => Graph().AddProject(name, "x.csproj"));

    [Fact]
    public void A_service_cannot_wait_for_itself()
    {
        var service = Graph().AddProject("service", "x.csproj");

        Should.Throw<DistributedApplicationException>(() => service.WaitFor(service));
    }

    static DistributedApplicationBuilder Graph(params string[] arguments) =>
        new DistributedApplicationBuilder(["--fleet-directory", Path.Combine(Path.GetTempPath(), "fleet-never-written"), .. arguments], Path.GetTempPath());

    static void Allocate(IResource resource, params int[] ports)
    {
        foreach (var (endpoint, port) in resource.Annotations.OfType<EndpointAnnotation>().Zip(ports)) endpoint.AllocatedPorts = [port];
    }
}

using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Running;

namespace FleetPlatform.AppHost.Tests.Running;

public sealed class ContainerEngineTests
{
    readonly FleetFolder _folder = new("/somewhere/.fleet");

    [Fact]
    public void A_server_runs_in_the_foreground_on_loopback_with_a_volume_of_this_stack()
    {
        var command = Command("POSTGRES_USER");

        string.Join(' ', command).ShouldBe(
            $"docker run --rm --name fleet-x-postgres -p 127.0.0.1:5433:5432 -v data-{_folder.Fingerprint}:/var/lib/postgresql/data -e POSTGRES_USER docker.io/library/postgres:17.6 -c max_connections=300");
    }

    [Fact]
    public void A_password_is_never_on_a_command_line() =>
        Command("POSTGRES_PASSWORD").ShouldAllBe(argument => !argument.Contains("secret-1", StringComparison.Ordinal));

    [Fact]
    public void Two_stacks_do_not_share_volumes() =>
        new FleetFolder("/somewhere/else/.fleet").Fingerprint.ShouldNotBe(_folder.Fingerprint);

    IReadOnlyList<string> Command(params string[] variables)
    {
        var graph = new DistributedApplicationBuilder([], "/");
        var postgres = graph.AddPostgres("postgres", password: graph.AddParameter("pw", "secret-1")).WithDataVolume("data").WithArgs("-c", "max_connections=300");
        postgres.Resource.PrimaryEndpoint.EndpointAnnotation.AllocatedPorts = [5433];
        return new ContainerEngine("docker", _folder).Command(postgres.Resource, "fleet-x-postgres", variables);
    }
}

using System.Net;
using System.Net.Sockets;
using Aspire.Hosting;
using Aspire.Hosting.Running;

namespace FleetPlatform.AppHost.Tests.Running;

public sealed class PortsTests
{
    [Fact]
    public void A_free_port_is_the_same_in_the_next_run()
    {
        using var folder = new TemporaryFolder();
        var first = new Ports(folder.In("ports.json"));
        var chosen = first.For("control-plane/http/0", null, "");
        first.Remember();

        new Ports(folder.In("ports.json")).For("control-plane/http/0", null, "").ShouldBe(chosen);
    }

    [Fact]
    public void A_port_that_someone_has_taken_since_is_chosen_anew()
    {
        using var folder = new TemporaryFolder();
        var first = new Ports(folder.In("ports.json"));
        var chosen = first.For("control-plane/http/0", null, "");
        first.Remember();
        using var taken = Listen(chosen);

        new Ports(folder.In("ports.json")).For("control-plane/http/0", null, "").ShouldNotBe(chosen);
    }

    [Fact]
    public void A_port_asked_for_that_is_taken_is_refused_with_the_option_that_changes_it()
    {
        using var folder = new TemporaryFolder();
        var ports = new Ports(folder.In("ports.json"));
        using var taken = Listen(0);

        Should.Throw<DistributedApplicationException>(() => ports.For("mqtt-gateway/mqtts/0", ((IPEndPoint)taken.LocalEndpoint).Port, "--mqtt-port"))
            .Message.ShouldContain("--mqtt-port");
    }

    [Fact]
    public void No_two_purposes_share_a_port()
    {
        using var folder = new TemporaryFolder();
        var ports = new Ports(folder.In("ports.json"));

        Enumerable.Range(0, 200).Select(purpose => ports.For($"p/{purpose}", null, "")).Distinct().Count().ShouldBe(200);
    }

    static TcpListener Listen(int port)
    {
        var listener = new TcpListener(IPAddress.Loopback, port);
        listener.Start();
        return listener;
    }
}

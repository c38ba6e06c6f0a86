using Aspire.Hosting;
using Aspire.Hosting.Running;
using Microsoft.Extensions.Configuration;

namespace FleetPlatform.AppHost.Tests.Running;

public sealed class HostCommandLineTests
{
    [Theory]
    [InlineData("--mqtt-prot 8884", "no option '--mqtt-prot'")]
    [InlineData("--ConnectionString=Host=db;Password=canary", "no option '--ConnectionString'")]
    [InlineData("up", "no option 'up'")]
    [InlineData("--mqtt-port", "--mqtt-port needs a value")]
    [InlineData("--console --bind 0.0.0.0", "--console needs a value")]
    [InlineData("--mqtt-port 70000", "--mqtt-port does not take '70000'")]
    [InlineData("--bind nonsense", "--bind does not take 'nonsense'")]
    [InlineData("--ports=fixed", "--ports does not take 'fixed'")]
    [InlineData("--servers 1", "automatic, container or native")]
    [InlineData("--account-id 12", "--account-id does not take '12'")]
    public void An_option_that_would_be_left_out_is_refused(string words, string told)
    {
        var refusal = Should.Throw<DistributedApplicationException>(() => HostCommandLine.Check(words.Split(' '))).Message;

        refusal.ShouldContain(told);
        refusal.ShouldNotContain("canary");
    }

    [Theory]
    [InlineData("--mqtt-port 0 --bind :: --ports dynamic --console=quiet --servers Native --account-id=000000000001")]
    [InlineData("--ConnectionStrings:postgres Host=db --OTEL_EXPORTER_OTLP_ENDPOINT http://127.0.0.1:4318 --Parameters:pw=x")]
    public void What_the_host_and_its_configuration_know_is_taken(string words) => HostCommandLine.Check(words.Split(' '));

    [Theory]
    [InlineData("servers", "1"), InlineData("servers", "docker"), InlineData("publisher", "helm")]
    public void A_value_that_means_nothing_is_refused_wherever_it_is_configured(string name, string value)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new(name, value)]).Build();

        Should.Throw<DistributedApplicationException>(() => HostCommandLine.Read(configuration, name)).Message.ShouldContain($"--{name} does not take '{value}'");
        HostCommandLine.Read(configuration, "console").ShouldBeNull();
    }

    [Theory]
    [InlineData("Host=db;Username=u;Password='a;b=c d'"), InlineData("Server=db;Database=x")]
    public void A_connection_string_of_postgresql_is_taken(string text) => ConfiguredServers.CheckPostgres("postgres", text);

    [Theory]
    [InlineData("postgres://u:canary@db:5432/x"), InlineData("Host=db;Password=a;canary=b"), InlineData("Username=u;Password=canary"), InlineData("Host=db;Port=canary")]
    public void What_is_none_is_refused_without_a_word_of_it(string text)
    {
        var refusal = Should.Throw<DistributedApplicationException>(() => ConfiguredServers.CheckPostgres("postgres", text)).Message;

        refusal.ShouldContain("ConnectionStrings__postgres");
        refusal.ShouldNotContain("canary");
    }

    [Theory]
    [InlineData("amqp://bus"), InlineData("amqps://u:p%40@bus:5671/v%2Fhost")]
    public void An_address_of_rabbitmq_is_taken(string text) => ConfiguredServers.CheckRabbit("bus", text);

    [Theory]
    [InlineData("localhost:5672"), InlineData("http://u:canary@bus"), InlineData("amqp://"), InlineData("bus")]
    public void Another_address_is_refused_without_a_word_of_it(string text)
    {
        var refusal = Should.Throw<DistributedApplicationException>(() => ConfiguredServers.CheckRabbit("bus", text)).Message;

        refusal.ShouldContain("ConnectionStrings__bus");
        refusal.ShouldNotContain("canary");
    }
}

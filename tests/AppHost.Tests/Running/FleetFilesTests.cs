using Aspire.Hosting.Running;

namespace FleetPlatform.AppHost.Tests.Running;

public sealed class FleetFilesTests
{
    [Fact]
    public void What_the_terminal_shows_says_where_everything_is()
    {
        using var folder = new TemporaryFolder();
        var endpoints = new FleetEndpoints
        {
            Mqtt = "localhost:8883", ControlPlane = "http://localhost:5000", Pki = "http://pki.plant.example:8880", RootCa = "/fleet/root-ca.pem", OperatorCredentials = "/fleet/operator-credentials",
        };

        var block = FleetFiles.Describe(endpoints, new() { AppHostDirectory = folder.Path, Folder = new(folder.Path) }, TimeSpan.FromSeconds(4));

        foreach (var place in (string[])[
            "mqtts://localhost:8883", "http://localhost:5000", "http://pki.plant.example:8880/issuing-1/full.crl", "http://pki.plant.example:8880/ocsp", "/fleet/root-ca.pem", "/fleet/operator-credentials", "Ready after 4.0 s",
            $"./fleet quickstart --fleet-directory {folder.Path} "])
            block.ShouldContain(place);
    }
}

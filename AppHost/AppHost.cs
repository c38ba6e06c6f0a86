using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;

// The graph of the platform. It uses only names and signatures of Aspire's hosting API, so that it compiles unchanged against
// the Aspire packages; what stands in for them is in Hosting/ (docs/decisions/0001-stand-ins.md).
var fleet = DistributedApplication.CreateBuilder(args);
var settings = fleet.Configuration;
var publishing = fleet.ExecutionContext.IsPublishMode;

// What differs between a run on this machine and a deployment: where state lives, and who may connect.
var folder = publishing ? "/var/lib/fleet" : Path.GetFullPath(settings["fleet-directory"] ?? Path.Combine(fleet.AppHostDirectory, "..", ".fleet"));
var bind = publishing ? "0.0.0.0" : settings["bind"] ?? "127.0.0.1";
var here = bind is "127.0.0.1" or "0.0.0.0" or "::" ? "localhost" : bind; // by which it is surely reached
var dynamicPorts = settings["ports"] == "dynamic";
var mqttHosts = publishing
    ? fleet.AddParameter("mqtt-host-names")
    : fleet.AddParameter("mqtt-host-names", settings["host-names"] ?? (here == "localhost" ? "localhost,127.0.0.1" : $"{here},localhost,127.0.0.1"));
var mqttHost = publishing
    ? fleet.AddParameter("mqtt-host-name")
    : fleet.AddParameter("mqtt-host-name", settings["host-names"]?.Split(',')[0] ?? here);

var pkiHost = publishing // written into every certificate, so keep it short
    ? fleet.AddParameter("pki-host-name")
    : fleet.AddParameter("pki-host-name", settings["pki-host-name"] ?? settings["host-names"]?.Split(',')[0] ?? here);

// Secrets: generated on first run, kept with the fleet's state, never printed.
var keyPassphrase = Secret("certificate-authority-passphrase", length: 43);
var tokenKey = Secret("ownership-token-key", length: 42);
var hookKey = Secret("pre-provisioning-hook-key", length: 42);
var accessKeyId = fleet.AddParameter("operator-access-key-id", new GenerateParameterDefault { MinLength = 20, Lower = false, Special = false }, secret: true, persist: true);
var secretAccessKey = Secret("operator-secret-access-key", length: 40);

var postgres = fleet.AddPostgres("postgres", password: Secret("postgres-password", length: 43)).WithDataVolume("fleet-postgres");
var bus = fleet.AddRabbitMQ("bus", password: Secret("bus-password", length: 43)).WithDataVolume("fleet-bus");

var authority = WithDatabase(Service("certificate-authority", "CertificateAuthority"))
    .WithEnvironment("CertificateAuthority__DataDirectory", Path.Combine(folder, "certificate-authority"))
    .WithEnvironment("CertificateAuthority__KeyPassphrase", keyPassphrase);
WithTokenKey(authority);

var registry = WithDatabase(Service("thing-registry", "ThingRegistry"));
var templates = WithTokenKey(WithDatabase(Service("template-engine", "TemplateEngine")))
    .WithEnvironment("PreProvisioningHook__Key", $"{hookKey}A=");
var revocation = WithDatabase(Service("revocation", "Revocation"))
    .WithEndpoint(port: PortOr("pki-port", 8880), scheme: "http", name: "pki", env: "PKI_PORT", isProxied: false, isExternal: true) // lists and OCSP
    .WithEnvironment("Revocation__BindAddress", bind);
authority.WithEnvironment("CertificateAuthority__RevocationUrl", $"http://{pkiHost}:{revocation.GetEndpoint("pki").Property(EndpointProperty.Port)}");
var rotation = WithDatabase(Service("rotation-scheduler", "RotationScheduler"));

WithDatabase(Service("mqtt-gateway", "MqttGateway"))
    .WithEndpoint(port: PortOr("mqtt-port", 8883), scheme: "tcp", name: "mqtts", env: "MQTTS_PORT", isProxied: false, isExternal: true)
    .WithEnvironment("MqttGateway__DataDirectory", Path.Combine(folder, "mqtt-gateway"))
    .WithEnvironment("MqttGateway__BindAddress", bind)
    .WithEnvironment("MqttGateway__HostNames", mqttHosts)
    .WithEnvironment("OPENSSL_CONF", "openssl.cnf") // beside its program: no session tickets
    .WaitFor(authority)    // its own server certificate is issued there
    .WaitFor(registry)     // and nobody is let in who cannot be looked up,
    .WaitFor(revocation)   // nor before the revoked are known
    .WaitFor(templates);

Service("control-plane", "ControlPlane", PortOr("control-plane-port", null))
    .WithExternalHttpEndpoints()
    .WithEnvironment("ControlPlane__AccessKeyId", accessKeyId)
    .WithEnvironment("ControlPlane__SecretAccessKey", secretAccessKey)
    .WithEnvironment("ControlPlane__MqttEndpoint", mqttHost)
    .WaitFor(authority)
    .WaitFor(registry)
    .WaitFor(templates)
    .WaitFor(revocation)
    .WaitFor(rotation);

fleet.Build().Run();

IResourceBuilder<ProjectResource> Service(string name, string project, int? port = null) => fleet
    .AddProject(name, $"../services/{project}/{project}.csproj")
    .WithReference(bus)
    .WaitFor(bus)
    .WithHttpEndpoint(port: port)
    .WithHttpHealthCheck("/health")
    .WithEnvironment("Fleet__AccountId", settings["account-id"] ?? "123456789012")
    .WithEnvironment("Fleet__Region", settings["region"] ?? "us-east-1")
    .WithEnvironment("DOTNET_gcServer", "0") // seven processes share a small machine: one heap each, not one per core,
    .WithEnvironment("DOTNET_TieredPGO", "0") // no instrumented code while they warm up,
    .WithEnvironment("DOTNET_ThreadPool_UnfairSemaphoreSpinLimit", "0"); // and idle threads sleep instead of spinning (docs/performance.md)

IResourceBuilder<ProjectResource> WithDatabase(IResourceBuilder<ProjectResource> service) => service
    .WithReference(postgres.AddDatabase($"{service.Resource.Name}-db"))
    .WaitFor(postgres);

// 42 characters of six bits and a fixed seventh group are the base64 form of 32 bytes: 244 of its 256 bits are random.
IResourceBuilder<ProjectResource> WithTokenKey(IResourceBuilder<ProjectResource> service) => service
    .WithEnvironment("OwnershipToken__Key", $"{tokenKey}A=");

IResourceBuilder<ParameterResource> Secret(string name, int length) => fleet
    .AddParameter(name, new GenerateParameterDefault { MinLength = length, Special = false }, secret: true, persist: true);

int? PortOr(string setting, int? usual) => settings.GetValue(setting, dynamicPorts ? null : usual) is > 0 and var port ? port : null;

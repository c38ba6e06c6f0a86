using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.ControlPlane;
using FleetPlatform.ControlPlane.Fleet;
using FleetPlatform.ControlPlane.Http;
using FleetPlatform.ControlPlane.Operations;
using FleetPlatform.ControlPlane.Signing;
using FleetPlatform.Pki;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults("control-plane");
builder.AddOptions<ControlPlaneOptions>(ControlPlaneOptions.Section);
builder.AddFleetBus("control-plane", bus =>
    bus.AddBatcher<IssueCertificates, IssueCertificate, IssueCertificatesAnswer, IssueCertificateAnswer>());
builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);

builder.Services.AddSingleton<SealedSecretOpener>();
builder.Services.AddSingleton<IOperations, Policies>();
builder.Services.AddSingleton<IOperations, PolicyAttachments>();
builder.Services.AddSingleton<IOperations, Certificates>();
builder.Services.AddSingleton<IOperations, CertificateCreation>();
builder.Services.AddSingleton<IOperations, Things>();
builder.Services.AddSingleton<IOperations, ThingTypes>();
builder.Services.AddSingleton<IOperations, ThingGroups>();
builder.Services.AddSingleton<IOperations, Templates>();
builder.Services.AddSingleton<IOperations, FleetPlatform.ControlPlane.Operations.Endpoint>();
builder.Services.AddSingleton<IOperations, Flows>();
builder.Services.AddSingleton<IOperations, Streams>();
builder.Services.AddSingleton<RouteTable>();
builder.Services.AddSingleton<SignatureVerifier>();
builder.Services.AddSingleton<RestDoor>();

var app = builder.Build();
app.MapDefaultEndpoints();
app.MapFallback("{**path}", (HttpContext http, RestDoor door) => door.Serve(http));
app.Run();

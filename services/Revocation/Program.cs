using FleetPlatform.Revocation;
using FleetPlatform.Revocation.Certificates;
using FleetPlatform.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults("revocation");
builder.AddFleetEventStore("revocation-db", EventNames.All, store => store.Subscribe<PublishRevocations>());
builder.Services.AddSingleton<IFlowSteps, FlowSteps>();
builder.AddFleetBus("revocation", bus => bus.AddRequestConsumer<RevokeCertificateConsumer>());

var app = builder.Build();
app.MapDefaultEndpoints();
app.Run();

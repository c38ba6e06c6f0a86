using FleetPlatform.Revocation;
using FleetPlatform.Revocation.Certificates;
using FleetPlatform.Revocation.Gateways;
using FleetPlatform.Revocation.Issued;
using FleetPlatform.Revocation.Lists;
using FleetPlatform.Revocation.Ocsp;
using FleetPlatform.Revocation.Orders;
using FleetPlatform.Revocation.Transparency;
using FleetPlatform.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults("revocation");
builder.AddOptions<RevocationOptions>(RevocationOptions.Section);
builder.AddPublicDoor();
builder.AddFleetEventStore("revocation-db", EventNames.All, store => store
    .Project<TrustTable>().Project<OrdersTable>().Project<IssuedTable>().Project<ListTables>().Project<LogTables>()
    .Subscribe<PublishTrust>().Subscribe<KeepEntries>().Subscribe<LogChanges>()
    .Pace(TimeSpan.FromMilliseconds(5))); // who is revoked is cut off now, not with the next batch
builder.Services.AddSingleton<IFlowSteps, FlowSteps>().AddSingleton<IWarmUp, RevokeNobody>();
builder.Services.AddSingleton<PresentGateways>().AddSingleton<SessionCount>().AddSingleton<IssuedCertificates>();
builder.Services.AddSingleton<Selection>().AddSingleton<CarryOut>().AddSingleton<Receipts>();
builder.Services.AddSingleton<RunOrders>().AddSingleton<Authorities>().AddSingleton<Entries>().AddSingleton<CutList>().AddSingleton<ListClock>();
builder.Services.AddSingleton<Responders>().AddSingleton<AnswerOcsp>();
builder.Services.AddSingleton<TransparencyLog>().AddSingleton<Checkpoints>().AddSingleton<LogClock>();
builder.Services.AddHealthChecks().AddCheck<PublishingHealth>("publishing");
builder.AddFleetBus("revocation", Doors.Add);

// After the bus: each asks other services as soon as it starts.
builder.Services.AddHostedService(services => services.GetRequiredService<RunOrders>());
builder.Services.AddHostedService(services => services.GetRequiredService<ListClock>());
builder.Services.AddHostedService(services => services.GetRequiredService<Responders>());
builder.Services.AddHostedService(services => services.GetRequiredService<LogClock>());

var app = builder.Build();
app.MapDefaultEndpoints();
app.MapPublicDoor();
app.Run();

using FleetPlatform.ThingRegistry;
using FleetPlatform.ThingRegistry.Billing;
using FleetPlatform.ThingRegistry.Groups;
using FleetPlatform.ThingRegistry.Policies;
using FleetPlatform.ThingRegistry.Principals;
using FleetPlatform.ThingRegistry.Provisioning;
using FleetPlatform.ThingRegistry.Things;
using FleetPlatform.ThingRegistry.Types;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults("thing-registry");
builder.AddOptions<ThingRegistryOptions>(ThingRegistryOptions.Section);
builder.AddFleetEventStore("thing-registry-db", EventNames.All, store => store
    .Project<ThingsTable>().Project<TypesTable>().Project<GroupsTable>().Project<BillingTable>().Project<PoliciesTable>().Project<PrincipalsTable>().Project<RegisteredKeysTable>()
    .Subscribe<PublishChanges>().Subscribe<PublishRegistrations>().Subscribe<FollowQueries>());
builder.AddFleetBus("thing-registry", Doors.Add);
builder.Services.AddSingleton<Registry>();
builder.Services.AddSingleton<KeyExamination>().AddSingleton<FleetPlatform.ThingRegistry.Principals.ScanKeys>();
builder.Services.AddSingleton<ClaimPolicy>();
builder.Services.AddSingleton<Grants>();
builder.Services.AddSingleton<ProvisioningReads>();
builder.Services.AddSingleton<IFlowSteps, RegistrySteps>();
builder.Services.AddHostedService<ExpiryClock>();

var app = builder.Build();
app.MapDefaultEndpoints();
app.Run();

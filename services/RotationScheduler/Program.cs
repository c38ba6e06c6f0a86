using FleetPlatform.Events;
using FleetPlatform.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults("rotation-scheduler");
builder.AddFleetEventStore("rotation-scheduler-db", new EventTypes()); // the schema stands; nothing is recorded yet (README.md)
builder.AddFleetBus("rotation-scheduler");

var app = builder.Build();
app.MapDefaultEndpoints();
app.Run();

using FleetPlatform.RotationScheduler;
using FleetPlatform.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddRotationScheduler();

var app = builder.Build();
app.MapDefaultEndpoints();
app.Run();

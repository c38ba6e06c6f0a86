using FleetPlatform.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults("template-engine");
var app = builder.Build();
app.MapDefaultEndpoints();
app.Run();

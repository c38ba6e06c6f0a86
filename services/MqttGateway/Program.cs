using FleetPlatform.MqttGateway;
using FleetPlatform.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults("mqtt-gateway");
builder.AddSurroundings();
builder.AddGateway();

var app = builder.Build();
app.MapDefaultEndpoints();
app.Run();

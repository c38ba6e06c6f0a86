global using FleetPlatform.Contracts;
global using FleetPlatform.Contracts.ThingRegistry;
global using FleetPlatform.ServiceDefaults;

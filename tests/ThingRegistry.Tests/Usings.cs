global using FleetPlatform.Contracts;
global using FleetPlatform.Contracts.ThingRegistry;
global using FleetPlatform.Events;
global using FleetPlatform.PostgresKit;
global using FleetPlatform.ServiceDefaults;
global using FsCheck.Fluent;

global using FleetPlatform.Contracts;
global using FleetPlatform.Contracts.ThingRegistry;
global using FleetPlatform.Events;
global using FleetPlatform.ServiceDefaults;
global using MassTransit;
global using Npgsql;
global using ConcurrencyException = FleetPlatform.Events.ConcurrencyException;

global using FleetPlatform.Contracts;
global using FleetPlatform.Events;

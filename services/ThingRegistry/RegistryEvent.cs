namespace FleetPlatform.ThingRegistry;

/// <summary>Whatever this service records. One noun's events derive from its own record below this one.</summary>
abstract record RegistryEvent;

namespace FleetPlatform.Events;

/// <summary>How far a subscription is behind.</summary>
/// <param name="Name">The subscription.</param>
/// <param name="Behind">Age of the oldest event it has not handled; zero when there is none.</param>
public sealed record SubscriptionLag(string Name, TimeSpan Behind);

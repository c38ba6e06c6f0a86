namespace FleetPlatform.Contracts.ThingRegistry;

/// <summary>Which page of a listing. Listings are ordered by name (ordinal), certificates by registration.</summary>
public sealed record Page
{
    /// <summary>The Next of the page before; null for the first.</summary>
    public string? After { get; init; }

    /// <summary>1 to 250.</summary>
    public int Limit { get; init; } = 25;

    public bool Descending { get; init; }
}

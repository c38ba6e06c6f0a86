using FleetPlatform.Contracts.Revocation;

namespace FleetPlatform.Revocation.Orders;

/// <summary>One order of an operator, from its wording to its end; stream <c>order-{orderId}</c>.</summary>
abstract record OrderEvent;

sealed record OrderPlaced(
    string OrderId, SelectorKind Kind, string Value, int? Version, TrustAction Action, RevocationReason Reason, string RequestedBy, DateTimeOffset PlacedAt) : OrderEvent;

/// <summary>A page of certificates was dealt with, in the transaction that changed them.</summary>
/// <param name="After">Where the next page begins; null when this was the last.</param>
sealed record OrderAdvanced(string? After, int Selected, int Changed, int Unchanged, int Refused) : OrderEvent;

sealed record OrderCompleted(DateTimeOffset CompletedAt) : OrderEvent;

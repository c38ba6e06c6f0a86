using FleetPlatform.Contracts;
using FleetPlatform.Contracts.Revocation;
using FleetPlatform.Events;
using FleetPlatform.Revocation.Certificates;
using FleetPlatform.ServiceDefaults;
using MassTransit;
using Command = FleetPlatform.Contracts.Revocation.PlaceRevocationOrder;

namespace FleetPlatform.Revocation.Orders;

/// <summary>Records what an operator orders; carrying it out is <see cref="RunOrders"/>'s. The same order again is the order there is.</summary>
static class PlaceRevocationOrder
{
    const int MaximumIdLength = 64;
    const int MaximumValueLength = 128;

    public static Decision<OrderEvent> Decide(Command command, Order order, DateTimeOffset now)
    {
        if (Objection(command) is { } objection) return Reasons.InvalidRequest.Because(objection);
        var placed = new OrderPlaced(
            command.OrderId, command.Selector.Kind, command.Selector.Value, command.Selector.Version, command.Action, command.Reason, command.RequestedBy, now);
        return order.Placed is not { } before ? placed
            : before == placed with { PlacedAt = before.PlacedAt, RequestedBy = before.RequestedBy } ? Decision<OrderEvent>.Nothing
            : Reasons.AlreadyExists.Because("An order with this id says something else. Give a new order a new id.");
    }

    public static Task<Written<Order, OrderEvent>> Handle(Command command, EventStore store, TimeProvider clock, CancellationToken cancellation) =>
        Objection(command) is { } objection
            ? Task.FromResult(new Written<Order, OrderEvent>(Reasons.InvalidRequest.Because(objection), Order.Initial, 0))
            : store.WriteToAggregate<Order, OrderEvent>(
                Order.StreamOf(command.OrderId), order => Decide(command, order, clock.GetUtcNow()), new() { Actor = command.RequestedBy, CorrelationId = command.OrderId }, cancellation);

    static string? Objection(Command command) => command switch
    {
        { OrderId: not { Length: > 0 and <= MaximumIdLength } } => $"An order id has 1 to {MaximumIdLength} characters.",
        _ when !command.OrderId.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-') => "An order id has letters, digits, '_' and '-' only.",
        _ when !Enum.IsDefined(command.Action) => "There is no such action.",
        _ when Objection(command.Selector) is { } objection => objection,
        { Action: TrustAction.Revoke, Reason: RevocationReason.CertificateHold } => "Suspend is an action of its own.",
        _ when !Enum.IsDefined(command.Reason) => $"{(int)command.Reason} is no revocation reason of RFC 5280 §5.3.1.",
        { RequestedBy.Length: 0 or > 256 } => "RequestedBy names who asks, in 1 to 256 characters.",
        _ => null,
    };

    /// <summary>What is wrong with a selector; null when nothing is.</summary>
    public static string? Objection(CertificateSelector selector) => selector switch
    {
        _ when !Enum.IsDefined(selector.Kind) => "There is no such selector.",
        { Kind: SelectorKind.Certificate or SelectorKind.Claim or SelectorKind.PublicKey } when !CertificateTrust.IsCertificateId(selector.Value) =>
            "A certificate, a claim and a public key are named by 64 lower-case hex digits.",
        { Value.Length: 0 or > MaximumValueLength } => $"A selector's value has 1 to {MaximumValueLength} characters.",
        { Version: not null, Kind: not SelectorKind.Template } => "Only a template has versions.",
        _ => null,
    };
}

sealed class PlaceRevocationOrderConsumer(EventStore store, RunOrders runner, Receipts receipts, TimeProvider clock) : IConsumer<Command>
{
    public async Task Consume(ConsumeContext<Command> context)
    {
        var written = await PlaceRevocationOrder.Handle(context.Message, store, clock, context.CancellationToken);
        if (written.Refusal is { } refusal)
        {
            await context.RespondAsync(refusal.ToRefused());
            return;
        }

        runner.Wake();
        await context.RespondAsync(written.State.Describe(await receipts.OfOrder(written.State, context.CancellationToken)));
    }
}

sealed class DescribeRevocationOrderConsumer(EventStore store, Receipts receipts) : IConsumer<DescribeRevocationOrder>
{
    public async Task Consume(ConsumeContext<DescribeRevocationOrder> context)
    {
        var order = StreamId.TryParse($"order-{context.Message.OrderId}", out var stream)
            ? await store.AggregateStreamAsync<Order, OrderEvent>(stream, context.CancellationToken)
            : Order.Initial;
        await (order.Placed is null
            ? context.RespondAsync(Reasons.NotFound.ToRefused("There is no such order."))
            : context.RespondAsync(order.Describe(await receipts.OfOrder(order, context.CancellationToken))));
    }
}

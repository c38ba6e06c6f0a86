namespace FleetPlatform.Events;

/// <summary>The state a decision needs, folded from the events of one stream.</summary>
/// <typeparam name="TSelf">The state.</typeparam>
/// <typeparam name="TEvent">What all events of the stream derive from.</typeparam>
public interface IAggregate<TSelf, TEvent> where TSelf : IAggregate<TSelf, TEvent> where TEvent : class
{
    /// <summary>The state before the first event.</summary>
    static abstract TSelf Initial { get; }

    /// <summary>The state after one more event. Pure; throws on an event it does not know.</summary>
    TSelf Evolve(TEvent @event);
}

/// <summary>The business says no. A value, never an exception.</summary>
/// <param name="Code">A documented reason code, for example <c>token-expired</c>.</param>
/// <param name="Detail">What was wrong with this request, in a sentence a person can act on. Holds no secret.</param>
public sealed record Refusal(string Code, string Detail);

/// <summary>What a rule decided: events to record, nothing to record, or a refusal.</summary>
/// <remarks>Converts implicitly from an event, an array of events and a <see cref="Refusal"/>. <c>default</c> is <see cref="Nothing"/>.</remarks>
public readonly struct Decision<TEvent> where TEvent : class
{
    readonly IReadOnlyList<TEvent>? _events;

    Decision(IReadOnlyList<TEvent>? events, Refusal? refusal) => (_events, Refusal) = (events, refusal);

    /// <summary>It is decided already: nothing to record, nothing refused.</summary>
    public static Decision<TEvent> Nothing => default;

    /// <summary>What happened, in order. Empty for a refusal.</summary>
    public IReadOnlyList<TEvent> Events => _events ?? [];

    /// <summary>Why not, or null when it was not refused.</summary>
    public Refusal? Refusal { get; }

    /// <summary>Records these events, in this order. None is the same as <see cref="Nothing"/>.</summary>
    public static Decision<TEvent> Of(params IEnumerable<TEvent> events) => new([.. events], null);

    public static implicit operator Decision<TEvent>(TEvent @event) => new([@event], null);

    public static implicit operator Decision<TEvent>(TEvent[] events) => new(events, null);

    public static implicit operator Decision<TEvent>(Refusal refusal) => new(null, refusal);
}

/// <summary>The outcome of <see cref="EventStore.WriteToAggregate{TAggregate,TEvent}"/>.</summary>
/// <param name="Decision">What the rule decided on the state that was current.</param>
/// <param name="State">The state after the decision's events.</param>
/// <param name="Version">The stream's version after the decision's events; 0 while it has none.</param>
public sealed record Written<TAggregate, TEvent>(Decision<TEvent> Decision, TAggregate State, long Version)
    where TAggregate : IAggregate<TAggregate, TEvent>
    where TEvent : class
{
    /// <summary>Why not, or null when it was not refused.</summary>
    public Refusal? Refusal => Decision.Refusal;
}

using FleetPlatform.Events;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace FleetPlatform.ServiceDefaults;

/// <summary>Says what follows from a service's events.</summary>
public sealed class FleetStoreBuilder
{
    readonly IServiceCollection _services;

    internal FleetStoreBuilder(IServiceCollection services) => _services = services;

    internal List<Func<IServiceProvider, IInlineProjection>> Projections { get; } = [];
    internal List<Func<RecordedEvent, IEnumerable<string>>> Subjects { get; } = [];
    internal List<Action<EventStoreOptions>> Options { get; } = [];
    internal SubscriptionOptions Subscriptions { get; } = new();

    /// <summary>Keeps a read table in the appending transaction. A singleton, made by the container; it cannot take the <see cref="EventStore"/>.</summary>
    public FleetStoreBuilder Project<T>() where T : class, IInlineProjection
    {
        _services.TryAddSingleton<T>();
        Projections.Add(provider => provider.GetRequiredService<T>());
        return this;
    }

    /// <summary>Is told every event, at least once and in order, by one replica at a time. A singleton, made by the container.</summary>
    public FleetStoreBuilder Subscribe<T>() where T : class, ISubscription
    {
        _services.AddSingleton<ISubscription, T>();
        return this;
    }

    /// <summary>Remembers which streams speak of which subjects, for <see cref="SubjectIndex"/>. Called several times, the functions add up.</summary>
    /// <param name="subjectsOf">Pure. Subjects are compared by ordinal; empty ones and those over 256 characters are left out.</param>
    public FleetStoreBuilder IndexSubjects(Func<RecordedEvent, IEnumerable<string>> subjectsOf)
    {
        Subjects.Add(subjectsOf);
        return this;
    }

    /// <summary>Shortest time between two reads of a subscription while events keep coming; see <see cref="SubscriptionOptions.Pace"/>.</summary>
    public FleetStoreBuilder Pace(TimeSpan pace)
    {
        Subscriptions.Pace = pace;
        return this;
    }

    /// <summary>Changes the store's limits from their defaults.</summary>
    public FleetStoreBuilder Configure(Action<EventStoreOptions> configure)
    {
        Options.Add(configure);
        return this;
    }
}

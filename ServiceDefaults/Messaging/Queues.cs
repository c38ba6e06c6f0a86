using System.Text;
using MassTransit;

namespace FleetPlatform.ServiceDefaults;

/// <summary>Names on the broker.</summary>
static class Queues
{
    /// <summary>The queue of a request: its message's name in kebab-case, since one service owns each kind of request.</summary>
    /// <param name="service">Only for requests that every service answers: theirs carry the service's name in front.</param>
    public static string OfRequest(Type request, string? service = null) =>
        service is null ? Kebab(request.Name) : $"{service}-{Kebab(request.Name)}";

    /// <summary>The queue of a consumer of published events.</summary>
    public static string OfConsumer(string service, Type consumer) =>
        $"{service}-{Kebab(consumer.Name.EndsWith("Consumer", StringComparison.Ordinal) ? consumer.Name[..^"Consumer".Length] : consumer.Name)}";

    /// <summary>
    /// Where an asker sends. The exchange, not the queue: the queue is the answering service's to declare, and a request that nobody
    /// can take is dropped by the broker and times out at the asker.
    /// </summary>
    public static Uri RequestAddress(Type request, string? service = null) =>
        new($"exchange:{OfRequest(request, service)}?durable=false");

    internal static string Kebab(string name)
    {
        var kebab = new StringBuilder(name.Length + 8);
        for (var i = 0; i < name.Length; i++)
        {
            if (char.IsUpper(name[i]) && i > 0 && (!char.IsUpper(name[i - 1]) || (i + 1 < name.Length && char.IsLower(name[i + 1]))))
                kebab.Append('-');
            kebab.Append(char.ToLowerInvariant(name[i]));
        }

        return kebab.ToString();
    }
}

/// <summary>Exchanges of published messages carry the message's pinned name and version, not the CLR's.</summary>
sealed class PinnedExchangeNames(IEntityNameFormatter others) : IEntityNameFormatter
{
    public string FormatEntityName<T>() =>
        Attribute.GetCustomAttribute(typeof(T), typeof(MessageUrnAttribute)) is MessageUrnAttribute { Urn: { } urn }
            ? urn.ToString()
            : others.FormatEntityName<T>();
}

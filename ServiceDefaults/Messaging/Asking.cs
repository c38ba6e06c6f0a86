using System.Collections.Concurrent;
using FleetPlatform.Contracts;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;

namespace FleetPlatform.ServiceDefaults;

/// <summary>An answer, or the refusal of it.</summary>
/// <param name="Value">Set when the request was served.</param>
/// <param name="Refused">Set when the business said no, or the serving service failed (<c>unavailable</c>, <c>internal</c>).</param>
public readonly record struct Answer<TAnswer>(TAnswer? Value, Refused? Refused) where TAnswer : class;

/// <summary>Asks one request at a time. A singleton; thread-safe.</summary>
/// <remarks>A request on a device's path costs twenty times less in a batch: <see cref="IBatcher{TItem,TAnswer}"/>.</remarks>
public interface IAsk
{
    /// <summary>Sends to the queue named after <typeparamref name="TRequest"/> and waits for the answer.</summary>
    /// <exception cref="RequestUnavailableException">No answer within <see cref="MessagingOptions.RequestTimeout"/>. Ask again, if asking twice does no harm.</exception>
    /// <exception cref="OperationCanceledException">The caller's token was cancelled.</exception>
    Task<Answer<TAnswer>> Ask<TRequest, TAnswer>(TRequest request, CancellationToken cancellation = default)
        where TRequest : class where TAnswer : class;

    /// <summary>The same for a request that takes longer than others.</summary>
    /// <param name="timeout">How long to wait for the answer, above zero.</param>
    /// <inheritdoc cref="Ask{TRequest,TAnswer}(TRequest,CancellationToken)"/>
    Task<Answer<TAnswer>> Ask<TRequest, TAnswer>(TRequest request, TimeSpan timeout, CancellationToken cancellation = default)
        where TRequest : class where TAnswer : class;

    /// <summary>The same for requests that every service answers (<see cref="ReadStream"/>, <see cref="FindFlowSteps"/>).</summary>
    /// <param name="service">Resource name of the one to ask, for example <c>thing-registry</c>.</param>
    Task<Answer<TAnswer>> AskService<TRequest, TAnswer>(string service, TRequest request, CancellationToken cancellation = default)
        where TRequest : class where TAnswer : class;
}

sealed class Asking(IServiceProvider services, MessagingOptions options) : IAsk
{
    // Not before the first ask: a consumer that asks others is made while the bus itself is being made.
    readonly Lazy<IClientFactory> _clients = new(() =>
        services.GetRequiredService<IRequestBus>().CreateClientFactory(options.RequestTimeout));

    readonly ConcurrentDictionary<(Type Request, string? Service), object> _known = [];

    public Task<Answer<TAnswer>> Ask<TRequest, TAnswer>(TRequest request, CancellationToken cancellation = default)
        where TRequest : class where TAnswer : class =>
        Send<TRequest, TAnswer>(null, request, options.RequestTimeout, cancellation);

    public Task<Answer<TAnswer>> Ask<TRequest, TAnswer>(TRequest request, TimeSpan timeout, CancellationToken cancellation = default)
        where TRequest : class where TAnswer : class =>
        Send<TRequest, TAnswer>(null, request, timeout, cancellation);

    public Task<Answer<TAnswer>> AskService<TRequest, TAnswer>(string service, TRequest request, CancellationToken cancellation = default)
        where TRequest : class where TAnswer : class =>
        Send<TRequest, TAnswer>(service, request, options.RequestTimeout, cancellation);

    public async Task<Answer<TAnswer>> Send<TRequest, TAnswer>(
        string? service, TRequest request, TimeSpan timeout, CancellationToken cancellation)
        where TRequest : class where TAnswer : class
    {
        var client = (IRequestClient<TRequest>)_known.GetOrAdd((typeof(TRequest), service),
            static (key, clients) => clients.CreateRequestClient<TRequest>(Queues.RequestAddress(key.Request, key.Service)), _clients.Value);

        // The timeout also ends a send that waits for the connection to come back: a request must not go out after its asker has gone.
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(timeout);
        try
        {
            var response = await client.GetResponse<TAnswer, Refused>(request, deadline.Token, timeout);
            return response.Is(out Response<TAnswer>? answer) ? new(answer.Message, null)
                : response.Is(out Response<Refused>? refused) ? new(null, refused.Message)
                : throw new InvalidOperationException($"{typeof(TRequest).Name} was answered by neither {typeof(TAnswer).Name} nor Refused.");
        }
        catch (Exception failure) when (!cancellation.IsCancellationRequested
            && failure is RequestException or ConnectionException or OperationCanceledException or TransportException)
        {
            throw new RequestUnavailableException($"{typeof(TRequest).Name} got no answer within {timeout.TotalSeconds:0.#} s.", failure);
        }
    }
}

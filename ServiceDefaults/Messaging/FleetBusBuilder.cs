using System.Reflection;
using FleetPlatform.Contracts;
using MassTransit;
using MassTransit.Context;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace FleetPlatform.ServiceDefaults;

/// <summary>
/// Says what a service takes from the bus and whom it asks. Consumers are singletons: they hold no state of one message, so each
/// message costs no scope.
/// </summary>
public sealed class FleetBusBuilder
{
    readonly string _service;
    readonly IServiceCollection _services;

    internal FleetBusBuilder(string service, IServiceCollection services) => (_service, _services) = (service, services);

    internal List<Action<IBusRegistrationContext, IRabbitMqBusFactoryConfigurator>> Requests { get; } = [];
    internal List<Action<IBusRegistrationContext, IRabbitMqBusFactoryConfigurator>> Events { get; } = [];

    /// <summary>
    /// Serves one kind of request from the queue named after it. Transient: the asker retries. The consumer answers by
    /// <c>context.RespondAsync(answer)</c> or <c>context.RespondAsync(refusal.ToRefused())</c>; what it throws is answered as a refusal.
    /// </summary>
    /// <param name="concurrency">Requests served at once by this process.</param>
    public FleetBusBuilder AddRequestConsumer<T>(int concurrency = 32) where T : class, IConsumer
    {
        Serve(typeof(T), concurrency);
        return this;
    }

    /// <summary>The same for an <see cref="IBatch{TItem}"/>; see <see cref="BatchAnswering.AnswerEach"/>.</summary>
    /// <param name="concurrency">Batches, of at most 64 items each, served at once by this process.</param>
    public FleetBusBuilder AddBatchConsumer<T>(int concurrency = 16) where T : class, IConsumer
    {
        Serve(typeof(T), concurrency);
        return this;
    }

    /// <summary>
    /// Takes published events from the durable quorum queue <c>{service}-{consumer}</c>: one of the service's replicas gets each. Transient
    /// failures are retried, bounded; then, and at once for any other failure, the message goes to <c>{queue}_error</c>.
    /// Delivered at least once: the consumer must be idempotent.
    /// </summary>
    public FleetBusBuilder AddEventConsumer<T>(int concurrency = 8) where T : class, IConsumer
    {
        _services.TryAddSingleton<T>();
        Events.Add((context, bus) =>
        {
            var options = context.GetRequiredService<MessagingOptions>();
            bus.ReceiveEndpoint(Queues.OfConsumer(_service, typeof(T)), endpoint =>
            {
                endpoint.SetQuorumQueue();
                endpoint.PublishFaults = false; // nobody listens; the error queue is the record
                endpoint.PrefetchCount = concurrency * 2;
                endpoint.ConcurrentMessageLimit = concurrency;
                RetryTransient(endpoint, options);
                endpoint.Consumer(new SingletonConsumer<T>(new(context.GetRequiredService<T>)));
            });
        });
        return this;
    }

    /// <summary>
    /// Takes published events in every replica. The queue belongs to this process and outlives its connection by
    /// <see cref="MessagingOptions.InstanceQueueExpiry"/>, so that a lost connection loses no event.
    /// </summary>
    public FleetBusBuilder AddPerInstanceConsumer<T>(int concurrency = 8) where T : class, IConsumer
    {
        _services.TryAddSingleton<T>();
        Events.Add((context, bus) =>
        {
            var options = context.GetRequiredService<MessagingOptions>();
            bus.ReceiveEndpoint($"{Queues.OfConsumer(_service, typeof(T))}-{Guid.CreateVersion7():N}", endpoint =>
            {
                endpoint.QueueExpiration = options.InstanceQueueExpiry;
                endpoint.PublishFaults = false;
                endpoint.DiscardFaultedMessages(); // an error queue for every process that ever ran would gather forever
                endpoint.DiscardSkippedMessages();
                endpoint.PrefetchCount = concurrency * 2;
                endpoint.ConcurrentMessageLimit = concurrency;
                RetryTransient(endpoint, options);
                endpoint.Consumer(new SingletonConsumer<T>(new(context.GetRequiredService<T>)));
            });
        });
        return this;
    }

    /// <summary>Registers <see cref="IBatcher{TItem,TAnswer}"/>.</summary>
    /// <param name="timeout">How long an item waits for its answer; null: <see cref="MessagingOptions.RequestTimeout"/>.</param>
    public FleetBusBuilder AddBatcher<TBatch, TItem, TBatchAnswer, TAnswer>(TimeSpan? timeout = null)
        where TBatch : class, IBatch<TItem> where TItem : class
        where TBatchAnswer : class, IBatchAnswer<TAnswer> where TAnswer : class
    {
        _services.AddSingleton<IBatcher<TItem, TAnswer>>(services => new Batcher<TBatch, TItem, TBatchAnswer, TAnswer>(
            services.GetRequiredService<Asking>(), services.GetRequiredService<MessagingOptions>(), timeout,
            services.GetRequiredService<FleetService>(), services.GetRequiredService<TimeProvider>()));
        return this;
    }

    // The request's type is the consumer's; only reflection can name it here.
    void Serve(Type consumer, int concurrency)
    {
        var request = RequestOf(consumer);
        _services.TryAddSingleton(consumer);
        var serve = typeof(FleetBusBuilder).GetMethod(nameof(ServeFrom), BindingFlags.Static | BindingFlags.NonPublic)!.MakeGenericMethod(request);
        Requests.Add((context, bus) =>
            serve.Invoke(null, [bus, Queues.OfRequest(request), context, () => context.GetRequiredService(consumer), concurrency]));
    }

    internal static void ServeFrom<TRequest>(
        IRabbitMqBusFactoryConfigurator bus, string queue, IBusRegistrationContext context, Func<object> consumer, int concurrency)
        where TRequest : class =>
        bus.ReceiveEndpoint(queue, endpoint =>
        {
            endpoint.Durable = false;
            endpoint.ConfigureConsumeTopology = false; // requests are sent, not published
            endpoint.PublishFaults = false;
            endpoint.DiscardFaultedMessages();
            endpoint.DiscardSkippedMessages();
            endpoint.PrefetchCount = concurrency * 2;
            endpoint.ConcurrentMessageLimit = concurrency;
            endpoint.Handler<TRequest>(new ServeOnce<TRequest>(new(() => (IConsumer<TRequest>)consumer()), context.GetRequiredService<ServingLog>()).Serve);
        });

    static void RetryTransient(IRabbitMqReceiveEndpointConfigurator endpoint, MessagingOptions options) =>
        endpoint.UseMessageRetry(retry =>
        {
            retry.Handle<Exception>(Failures.IsTransient);
            if (options.EventRetries == 0) retry.None();
            else retry.Exponential(options.EventRetries, options.EventRetryMinimum, options.EventRetryMaximum, options.EventRetryMinimum);
        });

    static Type RequestOf(Type consumer) =>
        consumer.GetInterfaces().Where(@interface => @interface.IsGenericType && @interface.GetGenericTypeDefinition() == typeof(IConsumer<>))
            .Select(@interface => @interface.GetGenericArguments()[0]).ToList() is [var request]
            ? request
            : throw new ArgumentException($"{consumer.Name} must consume exactly one kind of request, which names its queue.");
}

/// <summary>Gives every message the same consumer. Made with the first message: a consumer may need the bus, which is not there yet when it is configured.</summary>
sealed class SingletonConsumer<TConsumer>(Lazy<TConsumer> consumer) : IConsumerFactory<TConsumer> where TConsumer : class
{
    public Task Send<T>(ConsumeContext<T> context, IPipe<ConsumerConsumeContext<TConsumer, T>> next) where T : class =>
        next.Send(new ConsumerConsumeContextScope<TConsumer, T>(context, consumer.Value));

    public void Probe(ProbeContext context) => context.CreateConsumerFactoryScope<TConsumer>("singleton");
}

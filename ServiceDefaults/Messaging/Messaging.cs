using MassTransit;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FleetPlatform.ServiceDefaults;

/// <summary>The bus of requests: its own connection, without publisher confirms, since an asker retries what is lost.</summary>
interface IRequestBus : IBus;

sealed class RequestBus(IBusControl control) : BusInstance<IRequestBus>(control), IRequestBus;

/// <summary>MassTransit over RabbitMQ, as every service uses it.</summary>
public static class Messaging
{
    const string ConnectionName = "bus";

    /// <summary>
    /// Connects to the RabbitMQ of connection string <c>bus</c> (<c>amqp://</c> or <c>amqps://</c>). The start waits for it, and the
    /// bus reconnects by itself. Registers <see cref="IAsk"/> and the batchers, and <see cref="IBus"/> for publishing (confirmed, persistent).
    /// </summary>
    /// <param name="service">Resource name; prefix of its queues.</param>
    /// <param name="configure">What the service consumes and whom it asks.</param>
    /// <exception cref="InvalidOperationException">The connection string is missing or no AMQP address.</exception>
    public static void AddFleetBus(this IHostApplicationBuilder builder, string service, Action<FleetBusBuilder>? configure = null)
    {
        var server = ServerOf(builder.Configuration);
        _ = WireJson.Options; // before the first serializer is made
        var services = builder.Services;
        builder.AddOptions<MessagingOptions>(MessagingOptions.Section);
        services.AddOptions<MassTransitHostOptions>().Configure<MessagingOptions>((host, options) =>
        {
            host.WaitUntilStarted = true; // the first requests after a start would be lost otherwise
            host.StartTimeout = options.StartTimeout;
            host.StopTimeout = options.StopTimeout;
        });

        var bus = new FleetBusBuilder(service, services);
        configure?.Invoke(bus);
        Doors.Add(bus, service);

        services.AddSingleton<ServingLog>().AddSingleton<BrokerHealth>();
        services.AddSingleton<Asking>();
        services.AddSingleton<IAsk>(provider => provider.GetRequiredService<Asking>());
        services.AddMassTransit(configurator =>
        {
            configurator.DisableUsageTelemetry();
            configurator.UsingRabbitMq((context, rabbit) =>
            {
                rabbit.Host(server, host => Connect(host, server, service, confirms: true, context));
                rabbit.MessageTopology.SetEntityNameFormatter(new PinnedExchangeNames(rabbit.MessageTopology.EntityNameFormatter));
                bus.Events.ForEach(add => add(context, rabbit));
            });
        });
        services.AddMassTransit<IRequestBus, RequestBus>(configurator => configurator.UsingRabbitMq((context, rabbit) =>
        {
            rabbit.Host(server, host => Connect(host, server, $"{service} requests", confirms: false, context));
            rabbit.AutoStart = true; // the queue of answers is there before the first ask
            rabbit.PrefetchCount = 256;
            rabbit.ConfigureSend(send => send.UseExecute(context => context.Durable = false));
            bus.Requests.ForEach(add => add(context, rabbit));
        }));

        services.AddSingleton<WarmingUp>();
        services.AddHostedService(provider => provider.GetRequiredService<WarmingUp>()); // behind the bus, which it asks
        services.AddHealthChecks().AddCheck<WarmingUp>("warm-up").AddCheck<BrokerHealth>("broker");
        if (services.Any(registered => registered.ServiceType == typeof(Events.EventStore))) Storage.AddWitness(services);
    }

    static void Connect(IRabbitMqHostConfigurator host, Uri server, string name, bool confirms, IServiceProvider services)
    {
        var broker = new BrokerReturn(server, services.GetRequiredService<BrokerHealth>(), services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ILogger<BrokerReturn>>());
        var stopping = services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        host.OnRefreshConnectionFactory = _ => broker.Wait(stopping); // ahead of each attempt
        host.ConnectionName(name);
        host.PublisherConfirmation = confirms;
        host.Heartbeat(TimeSpan.FromSeconds(10)); // a silent network is noticed within two of these
        host.RequestedConnectionTimeout(TimeSpan.FromSeconds(5));
        if (server.Scheme == "amqps") host.UseSsl(tls => tls.ServerName = server.Host);
    }

    static Uri ServerOf(IConfiguration configuration)
    {
        var text = configuration.GetConnectionString(ConnectionName)
            ?? throw new InvalidOperationException($"ConnectionStrings:{ConnectionName} is not set: the amqp:// address of RabbitMQ.");
        return Uri.TryCreate(text, UriKind.Absolute, out var server) && server.Scheme is "amqp" or "amqps"
            ? server
            : throw new InvalidOperationException($"ConnectionStrings:{ConnectionName} is not an amqp:// or amqps:// address.");
    }
}

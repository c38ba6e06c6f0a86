using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Contracts.TemplateEngine;
using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.Mqtt;
using FleetPlatform.MqttGateway.Identity;
using FleetPlatform.MqttGateway.Listening;
using FleetPlatform.MqttGateway.Provisioning;
using FleetPlatform.MqttGateway.Rotation;
using FleetPlatform.MqttGateway.Sessions;
using FleetPlatform.Pki;
using FleetPlatform.ServiceDefaults;
using MassTransit;

namespace FleetPlatform.MqttGateway;

/// <summary>How the gateway is put together: everything in the process, then what connects it to the others.</summary>
static class Gateway
{
    /// <summary>The gateway itself. Needs the batchers, <see cref="Announce"/>, <see cref="IAsk"/> and an event store beside it.</summary>
    public static void AddGateway(this WebApplicationBuilder builder)
    {
        builder.AddOptions<GatewayOptions>(GatewayOptions.Section);
        builder.AddOptions<MqttBrokerOptions>("MqttBroker");
        builder.AddOptions<MqttTlsLimits>("MqttTls");
        var services = builder.Services;
        services.AddOptions<GatewayOptions>().Configure<IConfiguration>((options, configuration) =>
        {
            if (int.TryParse(configuration["MQTTS_PORT"], out var port)) options.Port = port;
        });
        services.AddSingleton<GatewayMetrics>().AddSingleton<PolicyCache>().AddSingleton<Principals>().AddSingleton<IWarmUp, FindNobody>().AddSingleton<IWarmUp, CutOffNobody>().AddSingleton<TrustedAuthorities>().AddSingleton<LiveSessions>();
        services.AddSingleton<UntrustedCertificates>().AddSingleton<UntrustedTable>().AddSingleton<TrustChanges>().AddSingleton<CatchUp>();
        services.AddSingleton<SessionRecords>().AddSingleton<AcceptConnection>().AddSingleton<RecordFault>().AddSingleton<AnswerRequests>().AddSingleton<SealedSecretOpener>();
        services.AddSingleton<RotationNews>().AddSingleton<RenewalGraces>().AddSingleton<PushPair>();
        services.AddSingleton<IMqttPolicy, GatewayPolicy>();
        services.AddSingleton<ServerCertificates>().AddSingleton<RecheckCertificates>();
        services.AddSingleton(provider => new MqttBroker(
            provider.GetRequiredService<IMqttPolicy>(), provider.GetRequiredService<MqttBrokerOptions>(), provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<MqttBroker>>()));
        services.AddHostedService(provider => provider.GetRequiredService<ServerCertificates>());
        services.AddHostedService(provider => provider.GetRequiredService<RecheckCertificates>());
        services.AddHostedService(provider => provider.GetRequiredService<CatchUp>());
        services.AddSingleton<Sessions.AdmitCertificate>().AddSingleton<TellRegistrations>();
        services.AddHostedService<RecordFacts>();
        services.AddHealthChecks().AddCheck<CatchUpHealth>("revocations");
        builder.AddListeners();
    }

    /// <summary>The database and the bus.</summary>
    public static void AddSurroundings(this WebApplicationBuilder builder)
    {
        builder.AddFleetEventStore("mqtt-gateway-db", EventNames.All, store => store.IndexSubjects(FlowSteps.SubjectsOf));
        builder.Services.AddSingleton<IFlowSteps, FlowSteps>();

        var timeout = builder.Configuration.GetValue($"{GatewayOptions.Section}:{nameof(GatewayOptions.RequestTimeout)}", new GatewayOptions().RequestTimeout);
        builder.AddFleetBus("mqtt-gateway", bus => bus
            .AddBatcher<FindPrincipals, FindPrincipal, FindPrincipalsAnswer, FindPrincipalAnswer>(timeout)
            .AddBatcher<IssueCertificates, IssueCertificate, IssueCertificatesAnswer, IssueCertificateAnswer>(timeout)
            .AddBatcher<ProvisionThings, ProvisionThing, ProvisionThingsAnswer, ProvisionThingAnswer>(timeout)
            .AddBatcher<AdmitCertificates, Contracts.ThingRegistry.AdmitCertificate, AdmitCertificatesAnswer, AdmitCertificateAnswer>(timeout)
            .AddBatcher<ProvisionCertificates, ProvisionCertificate, ProvisionCertificatesAnswer, ProvisionThingAnswer>(timeout)
            .AddPerInstanceConsumer<TrustedAuthoritiesChangedConsumer>()
            .AddPerInstanceConsumer<PendingCertificateConnectedConsumer>()
            .AddPerInstanceConsumer<PrincipalsChangedConsumer>()
            .AddPerInstanceConsumer<PolicyChangedConsumer>(concurrency: 1) // of two changes of one policy the later one counts
            .AddPerInstanceConsumer<CountSessionsConsumer>()
            .AddPerInstanceConsumer<TrustChangedConsumer>(concurrency: 1)
            .AddPerInstanceConsumer<ForwardCommandsConsumer>());
        builder.Services.AddSingleton<PublishNews>().AddHostedService(provider => provider.GetRequiredService<PublishNews>());
        builder.Services.AddHealthChecks().AddCheck<PublishNewsHealth>("rotation-news");
        builder.Services.AddHostedService<AnnounceGateway>();
        builder.Services.AddReceiveEndpointObserver(provider => provider.GetRequiredService<CatchUp>());
        builder.Services.AddSingleton<Announce>(provider => message => provider.GetRequiredService<IBus>().PublishInTime(message, CancellationToken.None));
        builder.Services.AddReceiveEndpointObserver(provider => provider.GetRequiredService<RecheckCertificates>());
    }
}

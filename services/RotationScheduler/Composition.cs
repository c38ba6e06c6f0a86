using FleetPlatform.Contracts.Revocation;
using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.RotationScheduler.Alerts;
using FleetPlatform.RotationScheduler.Campaigns;
using FleetPlatform.RotationScheduler.Certificates;
using FleetPlatform.RotationScheduler.Renewals;
using FleetPlatform.RotationScheduler.Rotations;
using FleetPlatform.RotationScheduler.Schedule;
using FleetPlatform.ServiceDefaults;
using MassTransit;

namespace FleetPlatform.RotationScheduler;

/// <summary>What the service is made of.</summary>
static class Composition
{
    public static void AddRotationScheduler(this WebApplicationBuilder builder)
    {
        builder.AddServiceDefaults("rotation-scheduler");
        builder.AddOptions<RotationSchedulerOptions>(RotationSchedulerOptions.Section);
        builder.AddFleetEventStore("rotation-scheduler-db", EventNames.All, store => store
            .Project<CertificatesTable>().Project<RenewalsTable>().Project<RotationsProjection>().Project<CampaignsProjection>()
            .Subscribe<PublishCommands>().Subscribe<RescheduleOnChange>().Subscribe<AlertOfFailures>());
        builder.Services
            .AddSingleton<RenewalRules>().AddSingleton<RecordRegistrations>().AddSingleton<Reschedule>().AddSingleton<Forecast>()
            .AddSingleton<RotationsTable>().AddSingleton<CertificatesOfThing>().AddSingleton<StartRotation>().AddSingleton<AcceptCertificate>()
            .AddSingleton<NoteUse>().AddSingleton<CancelRotation>().AddSingleton<RotationWork>()
            .AddSingleton<CampaignsTable>().AddSingleton<CreateCampaign>().AddSingleton<CampaignWork>()
            .AddSingleton<DueRotations>().AddSingleton<RotationTurn>().AddSingleton<RotationMetrics>()
            .AddSingleton<HttpClient>().AddSingleton<Alerting>().AddSingleton<ExpiryAlerts>()
            .AddSingleton<IFlowSteps, FlowSteps>();
        builder.AddFleetBus("rotation-scheduler", bus => bus
            .AddBatcher<ChangeCertificateStatuses, ChangeCertificateStatus, ChangeCertificateStatusesAnswer, ChangeCertificateStatusAnswer>()
            .AddBatcher<RevokeCertificates, RevokeCertificate, RevokeCertificatesAnswer, RevokeCertificateAnswer>()
            .AddEventConsumer<RegistrationsChangedConsumer>()
            .AddEventConsumer<CertificatesUsedConsumer>()
            .AddEventConsumer<RotationReportedConsumer>()
            .AddRequestConsumer<GetRotationForecastConsumer>()
            .AddRequestConsumer<ShowRotationsConsumer>()
            .AddRequestConsumer<RotateThingConsumer>()
            .AddRequestConsumer<CancelRotationConsumer>()
            .AddRequestConsumer<FindRenewalGraceConsumer>()
            .AddRequestConsumer<CreateCampaignConsumer>()
            .AddRequestConsumer<ChangeCampaignConsumer>()
            .AddRequestConsumer<DescribeCampaignConsumer>()
            .AddRequestConsumer<ListCampaignsConsumer>()
            .AddRequestConsumer<PutRenewalPolicyConsumer>()
            .AddRequestConsumer<DeleteRenewalPolicyConsumer>()
            .AddRequestConsumer<ListRenewalPoliciesConsumer>());
        builder.Services.AddSingleton<BusReturns>().AddReceiveEndpointObserver(provider => provider.GetRequiredService<BusReturns>());
        builder.Services.AddHostedService<RotationClock>().AddHostedService<RepeatCommands>();
    }
}

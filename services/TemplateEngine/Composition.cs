using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.ServiceDefaults;
using FleetPlatform.TemplateEngine.Budgets;
using FleetPlatform.TemplateEngine.Claims;
using FleetPlatform.TemplateEngine.Hooks;
using FleetPlatform.TemplateEngine.JustInTime;
using FleetPlatform.TemplateEngine.Registrations;
using FleetPlatform.TemplateEngine.Rehearsal;
using FleetPlatform.TemplateEngine.Tasks;
using FleetPlatform.TemplateEngine.Templates;

namespace FleetPlatform.TemplateEngine;

/// <summary>What the service is made of. Tests build it with other arguments; nothing else differs.</summary>
static class Composition
{
    public static WebApplication Build(string[] args)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.AddServiceDefaults("template-engine");
        builder.AddOptions<TemplateEngineOptions>(TemplateEngineOptions.Section);
        builder.AddOptions<OwnershipTokenOptions>(OwnershipTokenOptions.Section);
        builder.AddOptions<HookOptions>(HookOptions.Section);
        builder.Services.AddSingleton<TemplateCatalogue>();
        builder.Services.AddSingleton<CallHook>();
        builder.Services.AddSingleton<IssuedCertificates>();
        builder.Services.AddSingleton<AskHook>();
        builder.Services.AddSingleton<SpendClaim>();
        builder.Services.AddSingleton<SuspectAbuse>();
        builder.Services.AddSingleton<RefusalBudget>();
        builder.Services.AddSingleton<ProvisioningMeter>();
        builder.Services.AddSingleton<ApplyResources>();
        builder.Services.AddSingleton<ProvisionThing>();
        builder.Services.AddSingleton<ObtainCertificate>();
        builder.Services.AddSingleton<RegisterThing>();
        builder.Services.AddSingleton<RehearseTemplate>().AddSingleton<IWarmUp, RehearseOnce>();
        builder.Services.AddSingleton<RecordedRegistrations>();
        builder.Services.AddSingleton<ReplayTemplate>();
        builder.Services.AddSingleton<ProvisionCertificate>();
        builder.Services.AddSingleton<RegisterLines>();
        builder.Services.AddSingleton<RunTasks>();
        builder.Services.AddSingleton<IFlowSteps, ProvisioningSteps>();
        builder.AddFleetEventStore("template-engine-db", EventNames.All, store => store
            .Project<TemplatesTable>()
            .Project<ClaimsTable>()
            .Project<InputsTable>()
            .Project<TasksTable>()
            .IndexSubjects(ProvisioningSteps.SubjectsOf)
            .Subscribe<WatchClaims>()
            .Pace(TimeSpan.FromSeconds(1))); // nobody waits for it, and what gathers meanwhile is one statement
        builder.Services.AddHostedService(services => services.GetRequiredService<RunTasks>()); // after the store, which makes the tables
        builder.AddFleetBus("template-engine", bus =>
        {
            Doors.Add(bus);
            bus.AddBatcher<IssueCertificates, IssueCertificate, IssueCertificatesAnswer, IssueCertificateAnswer>()
                .AddBatcher<AdmitCertificates, AdmitCertificate, AdmitCertificatesAnswer, AdmitCertificateAnswer>()
                .AddBatcher<ApplyProvisionings, ApplyProvisioning, ApplyProvisioningsAnswer, ApplyProvisioningAnswer>(RegistryTimeout(builder.Configuration));
        });
        var app = builder.Build();
        app.MapDefaultEndpoints();
        return app;
    }

    static TimeSpan RegistryTimeout(ConfigurationManager configuration) =>
        (configuration.GetSection(TemplateEngineOptions.Section).Get<TemplateEngineOptions>() ?? new()).RegistryTimeout;
}

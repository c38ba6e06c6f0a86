using FleetPlatform.ServiceDefaults;
using FleetPlatform.TemplateEngine.Budgets;
using FleetPlatform.TemplateEngine.Claims;
using FleetPlatform.TemplateEngine.JustInTime;
using FleetPlatform.TemplateEngine.Registrations;
using FleetPlatform.TemplateEngine.Rehearsal;
using FleetPlatform.TemplateEngine.Tasks;
using FleetPlatform.TemplateEngine.Templates;

namespace FleetPlatform.TemplateEngine;

/// <summary>Every message this service takes. Each consumer stands in the file of its verb.</summary>
static class Doors
{
    public static void Add(FleetBusBuilder bus)
    {
        bus.AddBatchConsumer<ProvisionThingsConsumer>();
        bus.AddRequestConsumer<ProvisionHookedThingConsumer>(concurrency: 256);
        bus.AddBatchConsumer<ProvisionCertificatesConsumer>();
        bus.AddBatchConsumer<RegisterThingsConsumer>();
        AddTemplates(bus);
        AddClaims(bus);
        AddTasks(bus);
    }

    static void AddTemplates(FleetBusBuilder bus)
    {
        bus.AddRequestConsumer<CreateTemplateConsumer>();
        bus.AddRequestConsumer<DescribeTemplateConsumer>();
        bus.AddRequestConsumer<UpdateTemplateConsumer>();
        bus.AddRequestConsumer<DeleteTemplateConsumer>();
        bus.AddRequestConsumer<ListTemplatesConsumer>();
        bus.AddRequestConsumer<CreateTemplateVersionConsumer>();
        bus.AddRequestConsumer<DescribeTemplateVersionConsumer>();
        bus.AddRequestConsumer<DeleteTemplateVersionConsumer>();
        bus.AddRequestConsumer<ListTemplateVersionsConsumer>();
        bus.AddRequestConsumer<ValidateTemplateConsumer>();
        bus.AddRequestConsumer<RehearseTemplateConsumer>(concurrency: 8);
        bus.AddRequestConsumer<ReplayTemplateConsumer>(concurrency: 2);
    }

    static void AddClaims(FleetBusBuilder bus)
    {
        bus.AddRequestConsumer<ChangeClaimConsumer>();
        bus.AddRequestConsumer<AllowSerialsConsumer>();
        bus.AddRequestConsumer<DescribeClaimConsumer>();
        bus.AddRequestConsumer<ListClaimCertificatesConsumer>(concurrency: 2);
        bus.AddRequestConsumer<ListClaimsConsumer>(concurrency: 2);
        bus.AddEventConsumer<KeyReuseRefusedConsumer>();
    }

    static void AddTasks(FleetBusBuilder bus)
    {
        bus.AddRequestConsumer<PutRegistrationInputConsumer>(concurrency: 4);
        bus.AddRequestConsumer<StartRegistrationTaskConsumer>(concurrency: 2);
        bus.AddRequestConsumer<DescribeRegistrationTaskConsumer>();
        bus.AddRequestConsumer<StopRegistrationTaskConsumer>();
        bus.AddRequestConsumer<ListRegistrationTasksConsumer>();
        bus.AddRequestConsumer<ReadRegistrationResultsConsumer>(concurrency: 4);
    }
}

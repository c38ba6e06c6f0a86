using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Contracts.TemplateEngine;
using FleetPlatform.ControlPlane.Fleet;
using FleetPlatform.ControlPlane.Http;
using FleetPlatform.ControlPlane.Operations;
using FleetPlatform.ControlPlane.Signing;
using FleetPlatform.Pki;

namespace FleetPlatform.ControlPlane;

/// <summary>What the service is made of; tests make it the same way.</summary>
static class Composition
{
    public static void AddControlPlane(this WebApplicationBuilder builder)
    {
        builder.AddServiceDefaults("control-plane");
        builder.AddOptions<ControlPlaneOptions>(ControlPlaneOptions.Section);
        builder.AddFleetBus("control-plane", bus =>
            bus.AddBatcher<IssueCertificates, IssueCertificate, IssueCertificatesAnswer, IssueCertificateAnswer>()
                .AddBatcher<RegisterThings, RegisterThing, RegisterThingsAnswer, RegisterThingAnswer>(TimeSpan.FromSeconds(15)));
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);

        builder.Services.AddSingleton<SealedSecretOpener>();
        builder.Services.AddSingleton<SignatureVerifier>();
        builder.Services.AddSingleton<LinkSigner>();
        builder.Services.AddSingleton<RouteTable>();
        builder.Services.AddSingleton<RestDoor>();
        builder.Services.AddSingleton<IWarmUp, RevokeNobody>();
        builder.Services
            .AddSingleton<IOperations, Policies>()
            .AddSingleton<IOperations, PolicyAttachments>()
            .AddSingleton<IOperations, Authorizations>()
            .AddSingleton<IOperations, Certificates>()
            .AddSingleton<IOperations, CertificateCreation>()
            .AddSingleton<IOperations, CaCertificates>()
            .AddSingleton<IOperations, Things>()
            .AddSingleton<IOperations, Registrations>()
            .AddSingleton<IOperations, RegistrationTasks>()
            .AddSingleton<IOperations, RegistrationFiles>()
            .AddSingleton<IOperations, Lines>()
            .AddSingleton<IOperations, ThingTypes>()
            .AddSingleton<IOperations, ThingGroups>()
            .AddSingleton<IOperations, BillingGroups>()
            .AddSingleton<IOperations, Tags>()
            .AddSingleton<IOperations, Templates>()
            .AddSingleton<IOperations, Operations.Endpoint>()
            .AddSingleton<IOperations, Issuers>()
            .AddSingleton<IOperations, Keys>()
            .AddSingleton<IOperations, Flows>()
            .AddSingleton<IOperations, Rotations>()
            .AddSingleton<IOperations, Campaigns>()
            .AddSingleton<IOperations, Streams>()
            .AddSingleton<IOperations, Audit>()
            .AddSingleton<IOperations, Rehearsals>()
            .AddSingleton<IOperations, TemplateSettings>()
            .AddSingleton<IOperations, ClaimSettings>()
            .AddSingleton<IOperations, Revocations>();
    }

    public static void MapControlPlane(this WebApplication app)
    {
        app.MapDefaultEndpoints();
        app.MapFallback("{**path}", (HttpContext http, RestDoor door) => door.Serve(http));
    }
}

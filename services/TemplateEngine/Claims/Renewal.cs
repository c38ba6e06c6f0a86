using FleetPlatform.Contracts.RotationScheduler;
using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.TemplateEngine.Language;
using Command = FleetPlatform.Contracts.TemplateEngine.ProvisionThing;

namespace FleetPlatform.TemplateEngine.Claims;

/// <summary>
/// The built-in template that a device rotates with. It has no document: the thing is the asking certificate's own, and the registry
/// carries over what that certificate has. Whatever parameters say, no other thing is reached (peers 3.2 case 10).
/// </summary>
static class Renewal
{
    /// <summary>The built-in template has one version.</summary>
    public const int Version = 1;

    const string ThingNameParameter = "ThingName";

    public static bool Is(Command command) => Is(command.TemplateName);

    /// <param name="templateName">As asked.</param>
    public static bool Is(string templateName) => templateName == RotationProtocol.TemplateName;

    public static Rendering Render(Command command)
    {
        if (command.Flow.Things is not [var thing, ..] things)
            return new(null, new(Reasons.RenewalRefused.Code, "The connection's certificate belongs to no thing: a claim provisions, it does not renew."));
        if (things.Count > 1)
            return new(null, new(Reasons.RenewalRefused.Code, "The connection's certificate belongs to several things; it is renewed by an operator."));
        if (command.Parameters.TryGetValue(ThingNameParameter, out var named) && named != thing)
            return new(null, new(Reasons.RenewalRefused.Code, $"The connection's certificate belongs to thing {thing}, not to the one that the parameters name."));

        return new(new()
        {
            CertificateStatus = CertificateStatus.Active,
            ExclusiveThing = false,
            Thing = new() { ThingName = thing },
            Policies = [],
            DeviceConfiguration = new Dictionary<string, string>(),
        }, null);
    }
}

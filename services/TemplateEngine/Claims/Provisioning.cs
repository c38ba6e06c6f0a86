using System.Diagnostics;

namespace FleetPlatform.TemplateEngine.Claims;

/// <summary>What decisions about one flow need to know.</summary>
/// <param name="Completed">The one success a token has.</param>
/// <param name="Overrides">What the hook put in place of the parameters when the template last rendered.</param>
/// <param name="LastRefused">The attempt before, if it failed.</param>
sealed record Provisioning(ProvisioningCompleted? Completed, ProvisioningRefused? LastRefused, IReadOnlyDictionary<string, string>? Overrides) : IAggregate<Provisioning, ProvisioningEvent>
{
    public static Provisioning Initial { get; } = new(null, null, null);

    public Provisioning Evolve(ProvisioningEvent @event) => @event switch
    {
        TokenPresented or HookCalled => this,
        ParametersResolved resolved => this with { Overrides = resolved.Overrides },
        ProvisioningCompleted completed => this with { Completed = completed, LastRefused = null },
        ProvisioningRefused refused => this with { LastRefused = refused },
        _ => throw new UnreachableException($"No fold for {@event.GetType().Name}."),
    };

    public static StreamId Stream(string flowId) => StreamId.Of("provisioning", flowId);
}

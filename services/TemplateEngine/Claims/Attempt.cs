using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.Pki;
using FleetPlatform.TemplateEngine.Budgets;
using FleetPlatform.TemplateEngine.Hooks;
using FleetPlatform.TemplateEngine.Language;
using Command = FleetPlatform.Contracts.TemplateEngine.ProvisionThing;

namespace FleetPlatform.TemplateEngine.Claims;

/// <summary>One RegisterThing while it is served: gathers what there is to record of it. Used by one thread at a time.</summary>
sealed class Attempt(Command command, TimeProvider clock, TemplateEngineOptions options)
{
    readonly long _begun = clock.GetTimestamp();
    readonly List<ProvisioningEvent> _events = [];
    long _asked;
    TimeSpan? _registry;

    public Command Command { get; } = command;
    public DateTimeOffset At { get; } = clock.GetUtcNow();
    public string RequestHash { get; } = ParameterRules.Hash(command.TemplateName, command.Parameters);

    /// <summary>Set once it has verified.</summary>
    public OwnershipToken? Token { get; set; }

    /// <summary>The token's flow; the connection's while there is no token.</summary>
    public string FlowId => Token?.FlowId ?? Command.Flow.FlowId;

    /// <summary>The limits of the claim that asks; null when it has none.</summary>
    public LimitedClaim? Claim { get; set; }

    /// <summary>What the hook puts in place of parameters.</summary>
    public IReadOnlyDictionary<string, string>? Overrides { get; set; }

    /// <summary>What the template is rendered with.</summary>
    public IReadOnlyDictionary<string, string> Parameters => ParameterRules.Merge(Command.Parameters, Overrides);

    /// <summary>True once a hook was asked: then there is something to record, however often devices are refused.</summary>
    public bool HasCalledHook => _events.Exists(@event => @event is HookCalled);

    public IReadOnlyList<ProvisioningEvent> Events => _events;
    public bool IsCompleted => _events is [.., ProvisioningCompleted];
    public TimeSpan Elapsed => clock.GetElapsedTime(_begun);

    string TemplateName => ParameterRules.Cut(Command.TemplateName, options.RecordedCharacters);
    string ClientId => ParameterRules.Cut(Command.Flow.ClientId, options.RecordedCharacters);

    public void Present() => _events.Add(new TokenPresented(
        Command.Flow.SessionId, ClientId, Command.Flow.PrincipalId, Token!.CertificateId, TemplateName, Token.IssuedAt, At));

    public void Call(string target, HookVerdict verdict, TimeSpan took) => _events.Add(new HookCalled(
        new Uri(target).GetLeftPart(UriPartial.Authority), verdict.Outcome, verdict.Reason, verdict.Status, Round(took),
        Token!.CertificateId, TemplateName, clock.GetUtcNow()));

    public void Resolve(RenderedResources rendered, int version)
    {
        _events.RemoveAll(@event => @event is ParametersResolved); // rendered again, by an older version
        _events.Add(new ParametersResolved(Token!.CertificateId, ClientId, TemplateName, version, rendered.Thing?.ThingName,
            Command.Parameters, RequestHash, Round(Elapsed), clock.GetUtcNow(), Overrides is { Count: > 0 } ? Overrides : null));
    }

    public void AskRegistry() => _asked = clock.GetTimestamp();

    public void RegistryAnswered() => _registry = clock.GetElapsedTime(_asked);

    public void Complete(RenderedResources rendered, int version, PrincipalGrant grant) => _events.Add(new ProvisioningCompleted(
        Token!.CertificateId, TemplateName, version, rendered.Thing?.ThingName, rendered.CertificateStatus.ToString(), RequestHash,
        grant.Version, Round(_registry!.Value), Round(Elapsed), clock.GetUtcNow()));

    public void Refuse(Refusal refusal)
    {
        _events.RemoveAll(@event => @event is ProvisioningCompleted); // the flow turned out to be completed otherwise
        _events.Add(Refused(refusal));
    }

    ProvisioningRefused Refused(Refusal refusal) => new(
        refusal.Code, ParameterRules.Cut(refusal.Detail, 1024), Command.Flow.SessionId, ClientId, Command.Flow.PrincipalId, Token?.CertificateId,
        TemplateName, _events.Exists(@event => @event is ParametersResolved) ? null : ParameterRules.Recorded(Command.Parameters, options),
        RequestHash, _registry is { } registry ? Round(registry) : null, Round(Elapsed), clock.GetUtcNow());

    static double Round(TimeSpan duration) => Math.Round(duration.TotalMilliseconds, 3);
}

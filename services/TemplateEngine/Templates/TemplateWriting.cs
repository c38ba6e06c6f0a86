namespace FleetPlatform.TemplateEngine.Templates;

static class TemplateWriting
{
    /// <summary>Decides about a template and records it; a name that no template can have is refused before anything is read.</summary>
    public static Task<Written<Template, TemplateEvent>> WriteTemplate(
        this EventStore store, string name, string actor, Func<Template, Decision<TemplateEvent>> decide, CancellationToken cancellation) =>
        TemplateRules.CheckName(name) is { } refusal
            ? Task.FromResult(new Written<Template, TemplateEvent>(refusal, Template.Initial, 0))
            : store.WriteToAggregate<Template, TemplateEvent>(Template.Stream(name), decide, new() { Actor = actor }, cancellation);
}

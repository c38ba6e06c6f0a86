using FleetPlatform.TemplateEngine.Language;
using FleetPlatform.TemplateEngine.Templates;

namespace FleetPlatform.TemplateEngine.Rehearsal;

/// <summary>Every body a template ever had, deleted versions included: a stream forgets nothing.</summary>
sealed class TemplateHistory
{
    readonly Dictionary<int, List<(DateTimeOffset Since, TemplateDocument? Document)>> _versions = [];

    public Template Template { get; private set; } = Template.Initial;

    public static async Task<TemplateHistory> Read(string name, EventStore store, CancellationToken cancellation)
    {
        const int page = 1000;
        var history = new TemplateHistory();
        for (var from = 1L; ; from += page)
        {
            var events = await store.FetchStreamAsync(Template.Stream(name), from, page, cancellation);
            foreach (var recorded in events) history.Add((TemplateEvent)recorded.Data);
            if (events.Count < page) return history;
        }
    }

    /// <summary>The version that served at an instant: a name that was deleted and created again counts its versions anew.</summary>
    /// <returns>Null when there is none, or when this release cannot read it.</returns>
    public TemplateDocument? Find(int version, DateTimeOffset at) =>
        _versions.TryGetValue(version, out var bodies) ? bodies.FindLast(body => body.Since <= at).Document : null;

    void Add(TemplateEvent @event)
    {
        Template = Template.Evolve(@event);
        if (@event is TemplateCreated created) Add(1, created.CreatedAt, created.Body);
        if (@event is TemplateVersionCreated version) Add(version.VersionId, version.CreatedAt, version.Body);
    }

    void Add(int version, DateTimeOffset since, string body)
    {
        var entry = TemplateCatalogue.Compile(new("", true, Template.KindOf(Template.Type), version, body, null, null));
        if (!_versions.TryGetValue(version, out var bodies)) _versions[version] = bodies = [];
        bodies.Add((since, entry.Document));
    }
}

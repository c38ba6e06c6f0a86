using FleetPlatform.Contracts.TemplateEngine;
using FleetPlatform.TemplateEngine.Claims;
using FleetPlatform.TemplateEngine.Language;
using FleetPlatform.TemplateEngine.Templates;
using MassTransit;
using Query = FleetPlatform.Contracts.TemplateEngine.ReplayTemplate;

namespace FleetPlatform.TemplateEngine.Rehearsal;

/// <summary>
/// Renders what devices have sent with the version that served them and with another one, and tells the two apart. The flow holds every
/// input of the rendering, and the rendering is a pure function, so this is what would have happened.
/// </summary>
sealed class ReplayTemplate(EventStore store, RecordedRegistrations recorded, TimeProvider clock)
{
    const int MaximumRegistrations = 100_000;
    const int MaximumShown = 1000;

    public async Task<(TemplateReplayed? Replayed, Refusal? Refusal)> Handle(Query query, CancellationToken cancellation)
    {
        var began = clock.GetTimestamp();
        if (query.Registrations is < 1 or > MaximumRegistrations)
            return (null, new(Reasons.InvalidRequest.Code, $"registrations is 1 to {MaximumRegistrations}."));
        if (query.Shown is < 0 or > MaximumShown) return (null, new(Reasons.InvalidRequest.Code, $"shown is 0 to {MaximumShown}."));
        if (!Template.IsName(query.TemplateName)) return (null, Template.NotFound(query.TemplateName));

        var history = await TemplateHistory.Read(query.TemplateName, store, cancellation);
        if (!history.Template.Exists) return (null, Template.NotFound(query.TemplateName));
        var (candidate, refusal) = Candidate(query, history.Template);
        if (refusal is not null) return (null, refusal);

        var comparison = new Comparison(query.Shown);
        await foreach (var registration in recorded.Newest(query.TemplateName, query.Registrations, cancellation))
        {
            // A version that an earlier release accepted and this one cannot read has nothing to be compared with.
            if (history.Find(registration.TemplateVersion, registration.At) is not { } served) continue;
            comparison.Add(registration, Run(served, registration), Run(candidate!, registration));
        }

        return (comparison.View(clock.GetElapsedTime(began).TotalMilliseconds), null);
    }

    static (TemplateDocument? Document, Refusal? Refusal) Candidate(Query query, Template template)
    {
        var body = query.TemplateBody;
        if (query.VersionId is { } version)
        {
            if (!template.Versions.TryGetValue(version, out var found)) return (null, Template.NoVersion(query.TemplateName, version));
            body = found.Body;
        }

        if (body is null) return (null, new(Reasons.InvalidRequest.Code, "Name a version, or give a template body, to compare with."));
        try
        {
            return (TemplateParser.Parse(body, Template.KindOf(template.Type)), null);
        }
        catch (TemplateSyntaxException wrong)
        {
            return (null, new(Reasons.InvalidRequest.Code, wrong.Message));
        }
    }

    static Rendering Run(TemplateDocument template, ParametersResolved registration) =>
        Render.Resources(template, registration.Effective(), PseudoParameters.OfClaim(registration.CertificateId));

    /// <summary>What is gathered over all devices.</summary>
    sealed class Comparison(int shown)
    {
        readonly Dictionary<string, int> _paths = new(StringComparer.Ordinal);
        readonly List<DifferingDevice> _devices = [];
        int _registrations;
        int _different;
        int _refused;

        public void Add(ParametersResolved registration, Rendering before, Rendering after)
        {
            _registrations++;
            var differences = Differences.Between(before, after);
            if (differences.Count == 0) return;

            _different++;
            if (after.Refusal is not null) _refused++;
            foreach (var difference in differences) _paths[difference.Path] = _paths.GetValueOrDefault(difference.Path) + 1;
            if (_devices.Count < shown)
                _devices.Add(new()
                {
                    ThingName = registration.ThingName,
                    CertificateId = registration.CertificateId,
                    RecordedVersion = registration.TemplateVersion,
                    Differences = differences,
                });
        }

        public TemplateReplayed View(double milliseconds) => new()
        {
            Registrations = _registrations,
            Different = _different,
            Refused = _refused,
            Paths = [.. _paths.OrderByDescending(path => path.Value).ThenBy(path => path.Key, StringComparer.Ordinal).Take(MaximumShown)
                .Select(path => new DifferingPath { Path = path.Key, Devices = path.Value })],
            Devices = _devices,
            Milliseconds = Math.Round(milliseconds, 1),
        };
    }
}

sealed class ReplayTemplateConsumer(ReplayTemplate replay) : IConsumer<Query>
{
    public async Task Consume(ConsumeContext<Query> context)
    {
        var (replayed, refusal) = await replay.Handle(context.Message, context.CancellationToken);
        await context.Answer(refusal, () => replayed!);
    }
}

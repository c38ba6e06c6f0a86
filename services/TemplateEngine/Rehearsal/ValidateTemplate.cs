using FleetPlatform.Contracts.TemplateEngine;
using FleetPlatform.ServiceDefaults;
using FleetPlatform.TemplateEngine.Language;
using MassTransit;
using Query = FleetPlatform.Contracts.TemplateEngine.ValidateTemplate;

namespace FleetPlatform.TemplateEngine.Rehearsal;

/// <summary>Reads a template as its creation would, and says what devices have to send for it.</summary>
static class ValidateTemplate
{
    public static TemplateValidated View(string body, TemplateKind kind)
    {
        try
        {
            return Describe(TemplateParser.Parse(body, kind));
        }
        catch (TemplateSyntaxException wrong)
        {
            return new() { Problem = Problem(wrong), Required = [], Defaults = new Dictionary<string, string>(), Warnings = [] };
        }
    }

    public static TemplateProblem Problem(TemplateSyntaxException wrong) =>
        new() { Line = wrong.Line, Column = wrong.Column, Path = wrong.Path, Problem = wrong.Problem, Remedy = wrong.Remedy };

    static TemplateValidated Describe(TemplateDocument template)
    {
        var used = References.Of(template);
        var device = used.Where(name => !PseudoParameters.IsOne(name)).ToArray();
        return new()
        {
            Required = [.. device.Where(name => template.Parameters.GetValueOrDefault(name) is null)],
            Defaults = template.Parameters.Where(parameter => parameter.Value is not null).ToDictionary(parameter => parameter.Key, parameter => parameter.Value!),
            Warnings =
            [
                .. device.Where(name => !template.Parameters.ContainsKey(name)).Select(name => $"{name} is referred to and not declared under Parameters."),
                .. template.Parameters.Keys.Where(name => !PseudoParameters.IsOne(name) && !used.Contains(name)).Select(name => $"{name} is declared and nothing refers to it."),
                .. used.Where(name => PseudoParameters.IsOne(name) && !PseudoParameters.Exists(name, template.Kind))
                    .Select(name => $"{name} has no value in templates of this kind: every device will be refused."),
                .. template is { Thing: null, Kind: TemplateKind.Fleet } ? ["There is no thing: the answer to the device has no thingName, and policies have no thing to speak of."] : Array.Empty<string>(),
                .. template.Policies.Count == 0 ? ["There is no policy: the certificate will be allowed nothing unless a group of the thing has one."] : Array.Empty<string>(),
            ],
        };
    }
}

sealed class ValidateTemplateConsumer : IConsumer<Query>
{
    public Task Consume(ConsumeContext<Query> context) => Kinds.Read(context.Message.Kind) is { } kind
        ? context.RespondAsync(ValidateTemplate.View(context.Message.TemplateBody, kind))
        : context.RespondAsync(Kinds.Unknown(context.Message.Kind).ToRefused());
}

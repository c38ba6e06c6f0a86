using FleetPlatform.TemplateEngine.Language;
using FleetPlatform.TemplateEngine.Templates;

namespace FleetPlatform.TemplateEngine.Rehearsal;

/// <summary>The kinds of template, as operators write them.</summary>
static class Kinds
{
    public const string Bulk = "BULK";

    public static TemplateKind? Read(string kind) => kind switch
    {
        Template.FleetProvisioning => TemplateKind.Fleet,
        Template.JustInTime => TemplateKind.JustInTime,
        Bulk => TemplateKind.Bulk,
        _ => null,
    };

    public static Refusal Unknown(string? kind) => new(Reasons.InvalidRequest.Code,
        $"{Quoted.Of(kind ?? "")} is no kind of template; write {Template.FleetProvisioning}, {Template.JustInTime} or {Bulk}.");
}

using FleetPlatform.Contracts.RotationScheduler;
using FleetPlatform.Contracts.TemplateEngine;
using FleetPlatform.TemplateEngine.Hooks;
using FleetPlatform.TemplateEngine.Language;

namespace FleetPlatform.TemplateEngine.Templates;

/// <summary>What every template must be, whichever verb brings it.</summary>
static class TemplateRules
{
    const int DescriptionCharacters = 500;
    const int RoleCharacters = 2048;

    public static Refusal? CheckName(string name) =>
        !Template.IsName(name) ? new(Reasons.InvalidRequest.Code, "A template name has 1 to 36 letters, digits, '_' and '-'.")
        : name == RotationProtocol.TemplateName ? new(Reasons.AlreadyExists.Code, $"\"{name}\" is the built-in template that devices rotate with.")
        : null;

    /// <summary>Parses the body, so that no template exists that cannot be used.</summary>
    public static Refusal? CheckBody(string body, TemplateKind kind)
    {
        try
        {
            TemplateParser.Parse(body, kind);
            return null;
        }
        catch (TemplateSyntaxException wrong)
        {
            return new(Reasons.InvalidRequest.Code, $"Invalid provisioning template. {wrong.Message}");
        }
    }

    /// <summary>Null when the hook may be set.</summary>
    public static Refusal? CheckHook(TemplateHook? hook, string type, bool allowHttp)
    {
        if (hook is null) return null;
        if (Template.KindOf(type) != TemplateKind.Fleet) return new(Reasons.InvalidRequest.Code, "Only fleet provisioning templates have a pre-provisioning hook.");
        return hook.PayloadVersion.Length is < 10 or > 32 || hook.PayloadVersion.Any(letter => !char.IsAsciiDigit(letter) && letter != '-')
            ? new(Reasons.InvalidRequest.Code, "payloadVersion has 10 to 32 digits and '-', for example 2020-04-01.")
            : HookAddresses.Refuse(hook.TargetArn, allowHttp);
    }

    public static Refusal? CheckTexts(string? description, string? role) => (description, role) switch
    {
        ({ Length: > DescriptionCharacters }, _) => new(Reasons.InvalidRequest.Code, $"A description has at most {DescriptionCharacters} characters."),
        (_, { Length: > RoleCharacters }) => new(Reasons.InvalidRequest.Code, $"A role ARN has at most {RoleCharacters} characters."),
        _ when Texts.HasControlCharacter(description ?? "") || Texts.HasControlCharacter(role ?? "") =>
            new(Reasons.InvalidRequest.Code, "Description and role hold no control characters."),
        _ => null,
    };
}

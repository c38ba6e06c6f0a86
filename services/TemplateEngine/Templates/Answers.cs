using MassTransit;

namespace FleetPlatform.TemplateEngine.Templates;

static class Answers
{
    /// <summary>Answers a request by its refusal, or else by what was asked for.</summary>
    public static Task Answer<T>(this ConsumeContext context, Refusal? refusal, Func<T> answer) where T : class => refusal is null
        ? context.RespondAsync(answer())
        : context.RespondAsync(new Refused { Code = refusal.Code, Detail = refusal.Detail });
}

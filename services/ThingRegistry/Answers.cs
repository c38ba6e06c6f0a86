namespace FleetPlatform.ThingRegistry;

/// <summary>How the bus doors answer: the view of what there is now, or the refusal.</summary>
static class Answers
{
    public static Task Answer<TAggregate, TEvent, TView>(
        this ConsumeContext context, Written<TAggregate, TEvent> written, Func<TAggregate, TView> view)
        where TAggregate : IAggregate<TAggregate, TEvent>
        where TEvent : class
        where TView : class =>
        written.Refusal is { } refusal ? context.Refuse(refusal) : context.RespondAsync(view(written.State));

    public static Task Done(this ConsumeContext context, Refusal? refusal) =>
        refusal is null ? context.RespondAsync(new Done()) : context.Refuse(refusal);

    public static Task Refuse(this ConsumeContext context, Refusal refusal) => context.RespondAsync(refusal.ToRefused());
}

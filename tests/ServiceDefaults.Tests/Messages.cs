using FleetPlatform.Contracts;
using MassTransit;

namespace FleetPlatform.ServiceDefaults.Tests;

public sealed record Double : ITraced
{
    public required int Number { get; init; }
    public string? TraceParent { get; init; }
    public IReadOnlyDictionary<string, string>? Parameters { get; init; }
}

public sealed record Doubled
{
    public int Number { get; init; }
    public Refused? Refused { get; init; }
    public string? TraceId { get; init; }
}

[MessageUrn("fleet-test:double-them:v1", useDefaultPrefix: false)]
public sealed record DoubleThem : IBatch<Double>
{
    public required IReadOnlyList<Double> Items { get; init; }
}

[MessageUrn("fleet-test:doubled-them:v1", useDefaultPrefix: false)]
public sealed record DoubledThem : IBatchAnswer<Doubled>
{
    public required IReadOnlyList<Doubled> Items { get; init; }
}

[MessageUrn("fleet-test:greet:v1", useDefaultPrefix: false)]
public sealed record Greet
{
    public required string Name { get; init; }
}

[MessageUrn("fleet-test:greeting:v1", useDefaultPrefix: false)]
public sealed record Greeting
{
    public required string Text { get; init; }
}

[MessageUrn("fleet-test:happened:v1", useDefaultPrefix: false)]
public sealed record Happened
{
    public required int Number { get; init; }
}

/// <summary>What consumers of a test saw; one per host.</summary>
public sealed class Seen
{
    public System.Collections.Concurrent.ConcurrentQueue<int> Numbers { get; } = [];
    public System.Collections.Concurrent.ConcurrentQueue<int> BatchSizes { get; } = [];
    public Func<int, Task> Before { get; set; } = _ => Task.CompletedTask;
}

public sealed class DoubleThemConsumer(Seen seen) : IConsumer<DoubleThem>
{
    public Task Consume(ConsumeContext<DoubleThem> context)
    {
        seen.BatchSizes.Enqueue(context.Message.Items.Count);
        return context.AnswerEach<Double, Doubled, DoubledThem>(
            async item =>
            {
                await seen.Before(item.Number);
                seen.Numbers.Enqueue(item.Number);
                return new Doubled { Number = item.Number * 2, TraceId = System.Diagnostics.Activity.Current?.TraceId.ToHexString() };
            },
            refused => new Doubled { Refused = refused });
    }
}

public sealed class GreetConsumer(Seen seen) : IConsumer<Greet>
{
    public async Task Consume(ConsumeContext<Greet> context)
    {
        if (context.Message.Name.Length == 0)
        {
            await context.RespondAsync(Reasons.InvalidRequest.ToRefused("Name whom to greet."));
            return;
        }

        await seen.Before(context.Message.Name.Length);
        await context.RespondAsync(new Greeting { Text = $"Hello {context.Message.Name}" });
    }
}

public sealed class HappenedConsumer(Seen seen) : IConsumer<Happened>
{
    public async Task Consume(ConsumeContext<Happened> context)
    {
        await seen.Before(context.Message.Number);
        seen.Numbers.Enqueue(context.Message.Number);
    }
}

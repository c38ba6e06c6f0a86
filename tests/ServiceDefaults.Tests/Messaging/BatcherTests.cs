using FleetPlatform.Contracts;
using FleetPlatform.RabbitKit;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace FleetPlatform.ServiceDefaults.Tests.Messaging;

public sealed class BatcherTests
{
    static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task Every_item_gets_its_own_answer_exactly_once_under_load()
    {
        await using var pair = await Pair.Start();
        var numbers = Enumerable.Range(0, 20_000).ToList();

        var left = new Queue<int>(numbers);
        var answers = new Dictionary<int, int>();
        await Task.WhenAll(Enumerable.Range(0, 200).Select(async _ =>
        {
            while (true)
            {
                int number;
                lock (left)
                {
                    if (!left.TryDequeue(out number)) return;
                }

                var answer = await pair.Batcher.Ask(new Double { Number = number }, None);
                lock (answers) answers.Add(number, answer.Number);
            }
        }));

        answers.Count.ShouldBe(numbers.Count);
        answers.ShouldAllBe(pair => pair.Value == pair.Key * 2);
        pair.Seen.Numbers.Order().ShouldBe(numbers); // served once each
        pair.Seen.BatchSizes.ShouldAllBe(size => size <= 64);
        pair.Seen.BatchSizes.Count.ShouldBeLessThan(numbers.Count / 2); // and not one by one
    }

    [Fact]
    public async Task A_lone_item_is_sent_at_once()
    {
        await using var pair = await Pair.Start();

        (await pair.Batcher.Ask(new Double { Number = 21 }, None)).Number.ShouldBe(42);

        pair.Seen.BatchSizes.ShouldBe([1]);
    }

    [Fact]
    public async Task An_item_that_fails_is_refused_alone()
    {
        await using var pair = await Pair.Start();
        pair.Seen.Before = number => number switch
        {
            1 => throw new InvalidOperationException("secret detail"),
            2 => throw new NpgsqlException("away", new IOException()),
            _ => Task.CompletedTask,
        };

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(number => pair.Batcher.Ask(new Double { Number = number }, None)));

        answers[1].Refused!.Code.ShouldBe(Reasons.Internal.Code);
        answers[1].Refused!.Detail.ShouldNotContain("secret");
        answers[2].Refused!.Code.ShouldBe(Reasons.Unavailable.Code);
        answers.Where(answer => answer.Refused is null).Select(answer => answer.Number).ShouldBe([0, 6, 8, 10, 12, 14]);
    }

    [Fact]
    public async Task A_parameter_without_a_name_spoils_nothing()
    {
        await using var pair = await Pair.Start();

        var answer = await pair.Batcher.Ask(new Double { Number = 1, Parameters = new Dictionary<string, string> { [""] = "x", ["\ud800"] = "y" } }, None);

        answer.Number.ShouldBe(2);
    }

    [Fact]
    public async Task Without_an_answer_the_asker_is_told_in_time_and_later_items_are_served()
    {
        await using var pair = await Pair.Start(("Messaging:RequestTimeout", "00:00:00.500"));
        var stuck = new TaskCompletionSource();
        pair.Seen.Before = number => number == 1 ? stuck.Task : Task.CompletedTask;

        await Should.ThrowAsync<RequestUnavailableException>(pair.Batcher.Ask(new Double { Number = 1 }, None));

        await Eventually.Holds(async () => (await pair.Batcher.Ask(new Double { Number = 2 }, None)).Number.ShouldBe(4));
        stuck.SetResult();
    }

    [Fact]
    public async Task More_items_than_may_wait_are_refused_at_once()
    {
        await using var pair = await Pair.Start(("Messaging:BatchQueue", "2"), ("Messaging:BatchesInFlight", "1"), ("Messaging:BatchItems", "1"));
        var stuck = new TaskCompletionSource();
        pair.Seen.Before = _ => stuck.Task;

        var first = pair.Batcher.Ask(new Double { Number = 0 }, None);
        await Eventually.Is(() => pair.Seen.BatchSizes.Count == 1, "the first item is being served");
        var waiting = Enumerable.Range(1, 2).Select(number => pair.Batcher.Ask(new Double { Number = number }, None)).ToList();
        await Should.ThrowAsync<RequestUnavailableException>(pair.Batcher.Ask(new Double { Number = 3 }, None));

        stuck.SetResult();
        (await Task.WhenAll([first, .. waiting])).Select(answer => answer.Number).ShouldBe([0, 2, 4]);
    }

    [Fact]
    public async Task An_asker_that_leaves_is_not_asked_for()
    {
        await using var pair = await Pair.Start(("Messaging:BatchesInFlight", "1"), ("Messaging:BatchItems", "1"));
        var stuck = new TaskCompletionSource();
        pair.Seen.Before = number => number == 0 ? stuck.Task : Task.CompletedTask;
        using var leaving = new CancellationTokenSource();

        var first = pair.Batcher.Ask(new Double { Number = 0 }, None);
        var second = pair.Batcher.Ask(new Double { Number = 1 }, leaving.Token);
        await leaving.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(second);
        stuck.SetResult();
        await first;
        await pair.Batcher.Ask(new Double { Number = 2 }, None);

        pair.Seen.Numbers.ShouldBe([0, 2]);
    }

    /// <summary>One service that doubles, and one that asks it.</summary>
    sealed class Pair(TestHost server, TestHost asker) : IAsyncDisposable
    {
        public Seen Seen => server.Get<Seen>();
        public IBatcher<Double, Doubled> Batcher => asker.Get<IBatcher<Double, Doubled>>();

        public static async Task<Pair> Start(params (string, string)[] settings)
        {
            (string, string)[] all = [("ConnectionStrings:bus", await RabbitMqServer.TakeVirtualHost()), .. settings];
            var server = await TestHost.Start("doubler", builder =>
            {
                builder.Services.AddSingleton<Seen>();
                builder.AddFleetBus("doubler", bus => bus.AddBatchConsumer<DoubleThemConsumer>());
            }, all);
            var asker = await TestHost.Start("asker", builder =>
                builder.AddFleetBus("asker", bus => bus.AddBatcher<DoubleThem, Double, DoubledThem, Doubled>()), all);
            return new(server, asker);
        }

        public async ValueTask DisposeAsync()
        {
            await asker.DisposeAsync();
            await server.DisposeAsync();
        }
    }
}
